// opencode has plugins in place of hooks: a module that it loads itself, so that no process is started for anything.

export const OPENCODE_MARK = 'Written by "engram hooks install opencode"';

export const opencodePlugin =
  (): string => `// Memory from Engram. ${OPENCODE_MARK}; "engram hooks uninstall opencode" removes it.
const { env } = process;
const BASE = (env.ENGRAM_URL || "http://127.0.0.1:4200").replace(/\\/+$/, "");
const LIMIT_MS = 1500;

/** Never throws, never takes longer than LIMIT_MS. */
async function ask(event, body) {
  if (/^(0|off|false|no)$/i.test(env.ENGRAM_HOOKS ?? "")) return {};
  try {
    const key = env.ENGRAM_API_KEY || env.ENGRAM_KEY;
    const answer = await fetch(\`\${BASE}/hooks/opencode?event=\${event}\`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(key ? { authorization: \`Bearer \${key}\` } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

const textOf = (parts) =>
  (parts ?? [])
    .filter((part) => part.type === "text" && !part.synthetic)
    .map((part) => part.text)
    .join("\\n");

export const EngramMemory = async ({ directory }) => {
  const begun = new Map();
  const recalled = new Map();
  return {
    "chat.message": async (input, output) => {
      const session_id = input.sessionID;
      if (!begun.has(session_id))
        begun.set(session_id, (await ask("session-start", { session_id, cwd: directory, source: "startup" })).context);
      const prompt = textOf(output.parts).slice(0, 20000);
      recalled.set(session_id, (await ask("user-prompt", { session_id, cwd: directory, prompt })).context);
    },
    "experimental.chat.system.transform": async (input, output) => {
      for (const context of [begun.get(input.sessionID), recalled.get(input.sessionID)])
        if (context) output.system.push(context);
    },
    "tool.execute.before": async (input, output) => {
      if (input.tool !== "bash") return;
      const { verdict } = await ask("pre-tool", {
        session_id: input.sessionID,
        cwd: directory,
        tool_name: "bash",
        tool_input: { command: output.args?.command },
      });
      if (verdict?.kind === "deny") throw new Error(verdict.reason);
    },
    "tool.execute.after": async (input, output) => {
      if (input.tool !== "bash") return;
      await ask("post-tool", {
        session_id: input.sessionID,
        cwd: directory,
        tool_name: "bash",
        tool_input: { command: input.args?.command ?? output.title },
        tool_response: { stdout: String(output.output ?? "").slice(-16000) },
      });
    },
    event: async ({ event }) => {
      if (event.type === "session.idle")
        await ask("stop", { session_id: event.properties?.sessionID, cwd: directory });
    },
  };
};
`;
