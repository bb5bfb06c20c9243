// Text that wants to be obeyed instead of read: orders to an agent, false turns of a conversation, hidden characters, and
// ways to carry data out. Signs are weighed, not believed one by one: people write notes about such texts too.

export interface Suspicion {
  /** 0..1. */
  readonly score: number;
  /** What speaks for it, one short phrase each, the heaviest first. */
  readonly reasons: readonly string[];
}

/** From here on a text is worth a second look, and from there on hardly anything else. */
export const SUSPICIOUS = 0.5;
export const BLATANT = 0.85;

/** Longer texts are looked at in their beginning and end. */
const LOOKED_AT = 32_768;
const MAX_DECODED = 4_096;

interface Sign {
  readonly reason: string;
  /** 0..1: how likely it alone makes a text one of these. */
  readonly weight: number;
  /** One of these, in small letters, is in every text that the pattern finds: looking for them is cheap. */
  readonly needs: readonly string[];
  readonly pattern: RegExp;
}

const EARLIER = `(?:all |any |every |the |your |my |these |those |of |previous |prior |above |earlier |preceding |foregoing |existing |original |system |former )`;
const RULES = `(?:instruction|direction|prompt|rule|guideline|command|order|directive|context|constraint|programming|training|message|restriction|safety|polic)`;

const SIGNS: readonly Sign[] = [
  {
    reason: 'tells the reader to drop its instructions',
    weight: 0.75,
    needs: ['ignor', 'disregard', 'forget', 'overrid', 'bypass', 'discard', 'follow', 'attention'],
    pattern: new RegExp(
      String.raw`\b(?:ignor(?:e|ing)|disregard|forget|override|bypass|discard|do not follow|don['’]t follow|stop following|pay no attention to)\s+${EARLIER}{1,5}${RULES}`,
      'i',
    ),
  },
  {
    reason: 'tells the reader to drop its instructions',
    weight: 0.75,
    needs: ['ignor', 'vergiss', 'missacht', 'olvida', 'игнорир', '忽略', '無視', '무시'],
    pattern:
      /(?:ignorier\w{0,3}|vergiss|missachte)\s+(?:\S{1,14}\s+){0,3}(?:anweisung|befehl|regel|instruktion|vorgabe)|ignor(?:ez|e)\s+(?:\S{1,12}\s+){0,4}(?:instructions|consignes)|(?:ignora|olvida)\s+(?:\S{1,12}\s+){0,4}(?:instrucciones|órdenes|reglas|istruzioni)|ignore\s+(?:\S{1,12}\s+){0,3}(?:instruções|ordens)|игнориру\S{0,4}\s+(?:\S{1,14}\s+){0,3}(?:инструкц|указан|команд)|忽略(?:.{0,8})(?:指令|指示|提示|规则)|無視し.{0,6}|(?:以前|これまで|上記)の(?:指示|命令).{0,4}無視|이전.{0,6}(?:지시|명령).{0,6}무시/iu,
  },
  {
    reason: 'gives the reader another role',
    weight: 0.45,
    needs: ['you are', 'you will now', 'act as', 'pretend', 'du bist', 'tu es', 'ahora eres', 'ты теперь', '你现在是'],
    pattern:
      /(?:^|[.!?\n"']\s{0,3}|\bfrom now on,?\s|\bnow\s)(?:you are (?:now|no longer)|from now on,? you(?: are|['’]re) (?!going|allowed|able|free|welcome)|you will now (?:act|behave|be)|act as (?:if you (?:are|were)|an? (?:unrestricted|unfiltered|uncensored|evil))|pretend (?:to be|you(?:['’]re| are)) (?:an? )?(?:unrestricted|unfiltered|ai|assistant|model|dan|system|admin|root)|du bist (?:jetzt|nun|ab sofort)|tu es maintenant|ahora eres|ты теперь|你现在是)/im,
  },
  {
    reason: 'names a way out of the safety of a model',
    weight: 0.5,
    needs: ['do anything now', 'jailbr', 'developer mode', 'dan mode', 'god mode', 'without ', 'no ', 'unrestricted'],
    pattern:
      /\b(?:do anything now|jailbreak(?:ed)? mode|developer mode (?:enabled|on|activated)|dan mode|god mode enabled|(?:without|no) (?:any )?(?:ethical|moral|safety|content) (?:restrictions?|guidelines?|filters?|limits?)|unrestricted (?:ai|mode))\b/i,
  },
  {
    reason: 'imitates a turn of the conversation',
    weight: 0.6,
    needs: [
      '<|',
      'inst]',
      '<<',
      '</',
      '<s',
      '<a',
      '<c',
      '<i',
      '<t',
      '<f',
      '<u',
      '# system',
      '#system',
      '# new',
      '# instr',
    ],
    pattern:
      /<\|(?:im_start|im_end|system|user|assistant|endoftext|start_header_id|eot_id|begin_of_text)\|?>?|\[\/?INST\]|<<\/?SYS>>|<\/?(?:system|assistant|system[-_]prompt|system[-_]reminder|user[-_]memory|context|instructions?|tool[-_]result|function[-_]results?)\b[^>\n]{0,80}>|(?:^|\n)\s{0,3}#{1,4}\s?(?:system|new instructions?|instructions? (?:for|to) (?:the )?(?:ai|assistant|model|agent))\b[^\n]{0,40}(?:\n|:)/i,
  },
  {
    reason: 'imitates a turn of the conversation',
    weight: 0.4,
    needs: ['system', 'assistant', 'developer'],
    pattern:
      /(?:^|\n)\s{0,3}(?:\*\*|\[|#{1,3} ?)?(?:system|assistant|developer)(?:\*\*|\])?\s?(?:message|prompt|override|notice)?\s?(?:\*\*)?:\s{0,3}\S/i,
  },
  {
    reason: 'looks like a tool call',
    weight: 0.6,
    needs: ['<function', '<tool', '<invoke', '<antml', 'tool_call', 'function_call', 'action', 'tool:'],
    pattern:
      /<(?:function_calls?|tool_calls?|tool_use|invoke|antml:\w+)\b[^>\n]{0,120}>|"(?:tool_calls?|function_call)"\s?:\s?[[{]|(?:^|\n)\s{0,3}(?:Action|Tool):\s?\w{1,40}\s{0,2}\n\s{0,3}(?:Action Input|Input|Arguments):/,
  },
  {
    reason: 'speaks to whatever model reads it',
    weight: 0.45,
    needs: ['ai', 'llm', 'model', 'gpt', 'claude', 'copilot', 'gemini', 'assistant', 'agent', 'bot'],
    pattern:
      /\b(?:attention|note|message|notice|instructions?|important|hey|dear|hello|to) (?:to |for )?(?:all |any |the |every )?(?:ai|llm|language model|chatgpt|gpt|claude|copilot|gemini|assistant|agent|bot)s?(?:\s(?:assistant|agent|model|system)s?)?(?:\s(?:reading|processing|summari[sz]ing|parsing)\b[^.\n]{0,60})?\s?[:,!]|\bif you (?:are|['’]re) an? (?:ai|llm|language model|assistant|automated)\b|\b(?:any|every) (?:ai|llm|agent|assistant|model)s? (?:that |who |which )?(?:reads?|reading|process(?:es|ing)?|sees?) this\b|\bwhen(?:ever)? (?:an? |the |you )?(?:ai|llm|assistant|agent|model)?\s?(?:reads?|recalls?|retrieves?|summari[sz]es?) this (?:memory|note|document|page|text)\b/i,
  },
  {
    reason: 'asks to hide something from the user',
    weight: 0.55,
    needs: [
      'user',
      'human',
      'operator',
      'owner',
      'developer',
      'silently',
      'nutzer',
      'usuario',
      'utilisateur',
      'never ',
    ],
    pattern:
      /\b(?:do not|don['’]t|never|without) (?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|reveal(?:ing)?|notify(?:ing)?|alert(?:ing)?|show(?:ing)?|ask(?:ing)?|let(?:ting)?)(?: (?:this|that|it|anything))?(?: (?:to|about|from))?(?: this)?(?: to)? the (?:user|human|operator|owner|developer)|\b(?:hide|conceal|keep) (?:this|it|that)(?: \w{1,12}){0,3} from the (?:user|human|operator|owner)|\bsilently (?:run|execute|send|call|upload|delete|install|add|copy|forward)\b|\bwithout (?:the )?user['’]?s? (?:knowledge|noticing|consent|confirmation|approval)|\bnever (?:mention|reveal|disclose|repeat|show) (?:this|these|that you)\b|sag (?:dem|der) (?:nutzer|benutzer)\S{0,3} nichts|no (?:le )?digas (?:nada )?al usuario|ne (?:le )?dis pas à l['’]utilisateur/i,
  },
  {
    reason: 'asks to send data away',
    weight: 0.6,
    needs: [
      'send',
      'post',
      'upload',
      'forward',
      'exfil',
      'leak',
      'transmit',
      'mail',
      'submit',
      'append',
      'copy',
      'report',
      'encode',
    ],
    pattern:
      /\b(?:send|post|upload|forward|exfiltrate|leak|transmit|email|e-mail|submit|append|copy|report|encode)\b[^.\n]{0,60}\b(?:api[ _-]?keys?|passwords?|credentials?|secrets?|tokens?|private keys?|ssh keys?|\.env\b|environment variables?|system prompt|conversation(?: history)?|chat history|(?:all|user|your) (?:memories|data|messages|files)|everything you (?:know|remember)|cookies|wallet)\b[^.\n]{0,60}(?:\b(?:to|at|into|in|via)\b[^\n]{0,40}(?:https?:\/\/|www\.|@\w|\burl\b|webhook|endpoint|server|following|attacker|address))/i,
  },
  {
    reason: 'asks for what the reader was told',
    weight: 0.5,
    needs: ['prompt', 'instruction', 'message', 'rules'],
    pattern:
      /\b(?:reveal|print|repeat|output|show|display|dump|disclose|recite|tell me)\b[^.\n]{0,24}\b(?:your|the|its) (?:(?:full|entire|exact|hidden|initial|original|complete|whole|secret|internal) ){0,3}(?:system (?:prompt|message|instructions?)|(?:hidden|initial|secret|internal|original) (?:prompt|instructions?|rules)|prompt verbatim)/i,
  },
  {
    reason: 'an image or link that carries data out',
    weight: 0.65,
    needs: ['![', '<img'],
    pattern:
      /!\[[^\]\n]{0,120}\]\(\s?https?:\/\/[^)\s]{1,200}[?&/][^)\s]{0,60}(?:=|\/)(?:\{|%7b|\$\{|<|\[|\.\.\.|DATA|SECRET|BASE64|CONVERSATION|[A-Z]{4,20}_?HERE)|<img\b[^>\n]{0,120}src=["']?https?:\/\/[^"'>\s]{1,200}[?&][^"'>\s=]{1,30}=(?:\{|\$|%7b|<|\[|\.\.\.|DATA|SECRET)/i,
  },
  {
    reason: 'orders a command to be run',
    weight: 0.5,
    needs: ['run', 'execut', 'call', 'invoke', 'curl', 'wget', 'eval'],
    pattern:
      /\b(?:you (?:must|should|have to|need to|shall)|always|immediately|first,?|please|now|then|before (?:answering|responding|anything else|doing anything),?(?: you)?(?: must)?)\s(?:\w{1,12}\s){0,3}(?:run|execute|call|invoke|curl|wget|eval|pipe|download and run)\b[^.\n]{0,40}(?:`[^`\n]{2,160}`|\bcurl\b|\bwget\b|\brm -rf\b|\bbash\b|\bsh -c\b|\bpowershell\b|\|\s?(?:ba)?sh\b|\btool\b[^.\n]{0,40}\bwith\b)/i,
  },
  {
    reason: 'claims an authority that overrides',
    weight: 0.5,
    needs: [
      'instruction',
      'directive',
      'task',
      'objective',
      'prompt',
      'overrid',
      'supersed',
      'replaces',
      'precedence',
      'override',
      'command',
      'end of',
      'begin',
      'start of',
    ],
    pattern:
      /\b(?:new|updated|urgent|highest[- ]priority|overriding|real|actual|true|secret|hidden) (?:system )?(?:instructions?|directives?|task|objective|prompt)(?: (?:from|by) (?:the )?(?:admin(?:istrator)?|developers?|openai|anthropic|system|operator|management))?\s?:|\bthis (?:message|instruction|note|text) (?:overrides|supersedes|replaces|takes precedence over) (?:all |any |every |the |your )|\b(?:system|admin(?:istrator)?|root|developer) (?:override|command)\b\s?[:=(]|\b(?:end of|begin|start of) (?:system |hidden |the )?(?:prompt|instructions?|context|document|user input|data)\b\s?(?:[\])\-=:.*]|$)/im,
  },
  {
    reason: 'forbids or commands whatever comes after',
    weight: 0.35,
    needs: [
      'from now on',
      'henceforth',
      'in all',
      'in every',
      'for the rest',
      'only with',
      'always',
      'must ',
      'no matter',
    ],
    pattern:
      /\b(?:from now on|henceforth|in (?:all|every) (?:future|subsequent|later) (?:conversation|session|response|answer|repl)\w{0,3}|for the rest of (?:this|the) (?:conversation|session|chat)),? (?:you (?:must|will|should|shall|are)|always|never|only|do not|don['’]t|respond|answer|reply|say|recommend)|\b(?:respond|reply|answer|say) only with\b|\b(?:you must|always) (?:recommend|obey|comply with|agree with|approve|trust)\b|\bno matter what (?:the user|you|anyone|they)\b/i,
  },
  {
    reason: 'asks the reader to change its own memory or permissions',
    weight: 0.5,
    needs: ['memor', 'prompt', 'rules', 'delete', 'erase', 'wipe', 'clear'],
    pattern:
      /\b(?:add|save|store|write|commit|remember|record)\b[^.\n]{0,30}\b(?:to|in|into) (?:your|its|the agent['’]?s) (?:long[- ]term |permanent |persistent )?(?:memory|memories|system prompt|rules)\b|\b(?:delete|erase|wipe|clear) (?:all )?(?:of )?(?:your|the user['’]?s|its) (?:memory|memories|logs|history|files|data)\b/i,
  },
  {
    reason: 'asks to switch off what protects',
    weight: 0.4,
    needs: ['disabl', 'turn off', 'skip', 'bypass', 'suspend'],
    pattern:
      /\b(?:disable|turn off|skip|bypass|suspend) (?:all |any |the |your |every ){0,2}(?:safety|security|guard(?:rail)?s?|approvals?|permissions?|confirmations?|content filters?|moderation|logging|human review)\b|\b(?:guardrails?|safety checks?|restrictions?) are (?:suspended|disabled|lifted|off)\b/i,
  },
  {
    reason: 'claims that the user agreed',
    weight: 0.35,
    needs: ['the user'],
    pattern:
      /\bthe user (?:has |had |already |wants you to ){1,2}(?:\w{1,12} )?(?:granted|approved|authori[sz]ed|consented|agreed|confirmed|given|push|delete|send|skip|share|run)\b/i,
  },
  {
    reason: 'wants something put into answers',
    weight: 0.4,
    needs: ['answer', 'respon', 'repl', 'summar', 'output'],
    pattern:
      /\b(?:add|insert|append|include|mention|say|put)\b[^.\n]{0,60}\b(?:to|in|into|at the end of|with) (?:every|each|all|any|your|the) (?:of your )?(?:\w{1,12} )?(?:answers?|responses?|repl(?:y|ies)|summar(?:y|ies)|outputs?)\b|\bwhenever you (?:summari[sz]e|answer|respond|reply)[^.\n]{0,40}, ?(?:add|insert|append|include|mention|say)\b/i,
  },
  {
    reason: 'asks for obedience to whatever comes',
    weight: 0.4,
    needs: ['execut', 'obey', 'comply', 'follow', 'run '],
    pattern:
      /\b(?:execute|obey|comply with|follow|run) (?:whatever|everything|anything|each (?:command|instruction)|any (?:command|instruction)s?|all (?:commands|instructions|orders)|the (?:next|following) (?:command|message|instruction|text)s?)\b/i,
  },
];

/** Characters nobody sees: U+E0000 tags spell hidden text, overrides of direction show another order than they hold. */
const TAGS = /[\u{E0020}-\u{E007E}]{4,}/u;
/** Flags of parts of countries are spelled with tags as well. */
const FLAG = /\u{1F3F4}[\u{E0020}-\u{E007E}]{2,6}\u{E007F}/gu;
const DIRECTION = /[\u202D\u202E\u2066-\u2068][^\n]{0,200}/;
const ZERO_WIDTH = /[\u200B\u2060\u2062-\u2064\uFEFF]/g;
const MANY_ZERO_WIDTH = 8;
/** One of them between letters of one word hides the word from a search. */
const SPLIT_WORD = /[A-Za-z][\u200B\u2060\u00AD]{1,3}[A-Za-z]/g;
const VARIATION = /[\u{E0100}-\u{E01EF}]{4,}/u;

const BASE64 = /(?<![A-Za-z0-9+/=_-])(?:[A-Za-z0-9+/]{40,4096}={0,2})(?![A-Za-z0-9+/=_-])/g;
const MAX_PIECES = 8;
/** Look-alikes of Latin letters and full-width forms, as one would read them. */
const plainLetters = (text: string): string => text.normalize('NFKC').replace(/[аеорсухі]/g, (c) => CYRILLIC[c]!);
const CYRILLIC: Readonly<Record<string, string>> = { а: 'a', е: 'e', о: 'o', р: 'p', с: 'c', у: 'y', х: 'x', і: 'i' };
const MIXED_SCRIPT = /[A-Za-z][аеорсухі]|[аеорсухі][A-Za-z]/;
const NOT_ASCII = /[^ -~\s]/;

/** Somebody tells of such a text, does not speak it: in quotation marks, or as what one should watch out for. */
const TOLD =
  /\b(?:prompt[- ]injections?|injection attacks?|attackers|malicious (?:pages?|texts?|prompts?)|example of|such as|for instance|phrases? like|e\.g\.|detects?|detection|detector|classif\w{1,6}|blog post|article|paper|research|owasp|red[- ]team\w{0,4}|test case|unit test|payload|vulnerab\w{1,8}|documentation|filter(?:s|ed)? (?:out|for)|guard against|defen[cs]e|mitigat\w{1,5})\b/i;
/** A word in an address tells nothing. */
const ADDRESS = /https?:\/\/\S{1,2000}/g;
const TOLD_FACTOR = 0.6;
const QUOTED_FACTOR = 0.75;

interface Weighed {
  reason: string;
  weight: number;
}

function signsIn(text: string): Weighed[] {
  const found = new Map<string, number>();
  const small = text.toLowerCase();
  for (const { reason, weight, needs, pattern } of SIGNS) {
    if (!needs.some((word) => small.includes(word))) continue;
    const match = pattern.exec(text);
    if (!match) continue;
    const before = text[match.index - 1] ?? '';
    const own = /["'“‘`«]/.test(before) || /^["'“‘`«]/.test(match[0]) ? weight * QUOTED_FACTOR : weight;
    found.set(reason, Math.max(found.get(reason) ?? 0, own));
  }
  return [...found].map(([reason, weight]) => ({ reason, weight }));
}

/** Each sign leaves less doubt. */
const together = (signs: readonly Weighed[]): number =>
  1 - signs.reduce((doubt, { weight }) => doubt * (1 - weight), 1);

function hiddenIn(text: string): Weighed[] {
  if (!NOT_ASCII.test(text)) return [];
  const out: Weighed[] = [];
  if (TAGS.test(text.replace(FLAG, '')) || VARIATION.test(text))
    out.push({ reason: 'hidden text in invisible characters', weight: 0.9 });
  if (DIRECTION.test(text)) out.push({ reason: 'characters that turn the direction of reading', weight: 0.4 });
  if ((text.match(ZERO_WIDTH)?.length ?? 0) >= MANY_ZERO_WIDTH || (text.match(SPLIT_WORD)?.length ?? 0) >= 3)
    out.push({ reason: 'characters of no width between letters', weight: 0.5 });
  return out;
}

function decodedIn(text: string): Weighed[] {
  let pieces = 0;
  for (const [piece] of text.matchAll(BASE64)) {
    if (pieces++ === MAX_PIECES) break;
    let decoded: string;
    try {
      decoded = atob(piece.slice(0, MAX_DECODED - (MAX_DECODED % 4)));
    } catch {
      continue;
    }
    if (/^[ -~\s]{24,}$/.test(decoded) && together(signsIn(decoded)) >= SUSPICIOUS)
      return [{ reason: 'instructions written in base 64', weight: 0.85 }];
  }
  return [];
}

/** @returns how much a text looks like orders to an agent; 0 and no reasons for nearly all */
export function suspicionOf(content: string): Suspicion {
  const text =
    content.length > LOOKED_AT ? `${content.slice(0, LOOKED_AT / 2)}\n${content.slice(-LOOKED_AT / 2)}` : content;
  const hidden = hiddenIn(text);
  const bare =
    hidden.length > 0 ? text.replace(ZERO_WIDTH, '').replace(/[\u00AD\u202A-\u202E\u2066-\u2069]/g, '') : text;
  const read =
    NOT_ASCII.test(bare) && (MIXED_SCRIPT.test(bare) || /[\uFF01-\uFF5E]/.test(bare)) ? plainLetters(bare) : bare;
  const spelled = TAGS.test(text)
    ? [...text]
        .map((c) => (c >= '\u{E0020}' && c <= '\u{E007E}' ? String.fromCharCode(c.codePointAt(0)! - 0xe0000) : ''))
        .join('')
    : '';
  const orders = [...signsIn(read), ...(spelled === '' ? [] : signsIn(spelled))];
  const told = orders.length > 0 && TOLD.test(read.replace(ADDRESS, ' ')) ? TOLD_FACTOR : 1;
  const signs = [
    ...orders.map(({ reason, weight }) => ({ reason, weight: weight * told })),
    ...hidden,
    ...decodedIn(read),
  ];
  const score = Math.round(together(signs) * 100) / 100;
  const heaviest = signs.sort((a, b) => b.weight - a.weight).map(({ reason }) => reason);
  return { score, reasons: [...new Set(heaviest)] };
}
