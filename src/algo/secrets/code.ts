// Where code, packages and models live.
import { looksRandom } from './doubt.ts';
import { type Rule, token } from './rule.ts';

const WORD = '[A-Za-z0-9]';
const URL64 = '[A-Za-z0-9_-]';
const random = { check: looksRandom };

export const CODE_HOSTS: readonly Rule[] = [
  token('github-token', ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], `${WORD}{36,251}`),
  token('github-token', 'github_pat_', `${WORD}{22}_${WORD}{59}`),
  token(
    'gitlab-token',
    ['glpat-', 'gldt-', 'glrt-', 'glcbt-', 'glptt-', 'glft-', 'glimt-', 'glagent-', 'gloas-', 'glsoat-', 'glffct-'],
    `${URL64}{20,300}(?:\\.[0-9a-z]{2}\\.?[0-9a-z]{7,9})?`,
  ),
  token('gitlab-token', 'GR1348941', `${URL64}{20}`),
  token('bitbucket-token', 'ATBB', `${WORD}{32}`),
  token('atlassian-token', ['ATATT3xFfGF0', 'ATCTT3xFfGN0', 'ATSTT3xFfG'], `${URL64}{50,400}(?:=[0-9A-F]{8})?`),
  token('npm-token', 'npm_', `${WORD}{36}`),
  token('pypi-token', ['pypi-AgEIcHlwaS5vcmc', 'pypi-AgENdGVzdC5weXBpLm9yZw'], `${URL64}{50,1000}`),
  token('rubygems-key', 'rubygems_', '[0-9a-f]{48}'),
  token('crates-token', 'cio', `${WORD}{32}`, random),
  token('nuget-key', 'oy2', '[a-z0-9]{43}', random),
  token('clojars-token', 'CLOJARS_', '[0-9a-f]{60}'),
  token('artifactory-key', 'AKCp', `${WORD}{60,70}`),
  token('docker-token', ['dckr_pat_', 'dckr_oat_'], `${URL64}{27,40}`),
  token('circleci-token', 'CCIPAT_', `${WORD}{22}_[0-9a-f]{40}`),
  token('buildkite-token', 'bkua_', '[0-9a-f]{40}'),
  token('sourcegraph-token', ['sgp_', 'slk_'], '(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40,64}'),
  token('openai-key', 'T3BlbkFJ', `${WORD}{20}`, { before: { of: /[A-Za-z0-9-]/, least: 23, most: 23 } }),
  token('openai-key', ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-service-'], `${URL64}{40,250}`),
  token('anthropic-key', 'sk-ant-', `[a-z]{2,12}\\d{2}-${URL64}{80,120}`),
  token('openrouter-key', 'sk-or-v1-', '[0-9a-f]{64}'),
  token('model-provider-key', 'sk-', `[A-Za-z0-9]{32,64}`, random),
  token('hugging-face-token', ['hf_', 'api_org_'], '[A-Za-z]{34}', {
    check: (body) => /[A-Z]/.test(body) && /[a-z]/.test(body),
  }),
  token('groq-key', 'gsk_', `${WORD}{48,60}`),
  token('xai-key', 'xai-', `${WORD}{70,90}`),
  token('perplexity-key', 'pplx-', `${WORD}{40,60}`),
  token('replicate-token', 'r8_', `${WORD}{37}`),
  token('langsmith-key', ['lsv2_pt_', 'lsv2_sk_'], '[0-9a-f]{32}_[0-9a-f]{10}'),
  token('pinecone-key', 'pcsk_', `${URL64}{50,90}`),
  token('voyage-key', 'pa-', `${URL64}{43}`, random),
  token('tavily-key', 'tvly-', `${URL64}{28,60}`),
  token('engram-key', ['eg_', 'engram_', 'engt_', 'engr_'], '[0-9a-f]{64}|[0-9a-f]{32}', { anyCase: true }),
];
