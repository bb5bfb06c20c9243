// Clouds and those who run programs for others.
import { distinct } from './doubt.ts';
import { announced, type Rule, token } from './rule.ts';

const WORD = '[A-Za-z0-9]';
const URL64 = '[A-Za-z0-9_-]';

export const CLOUD: readonly Rule[] = [
  token('aws-access-key-id', ['AKIA', 'ASIA', 'ABIA', 'ACCA'], '[A-Z2-7]{16}'),
  token('google-api-key', 'AIza', `${URL64}{35}`),
  token('google-oauth-secret', 'GOCSPX-', `${URL64}{28}`),
  token('google-access-token', 'ya29.', `${URL64}{30,2048}`),
  token('google-refresh-token', '1//0', `${URL64}{30,200}`),
  announced('azure-storage-key', ['accountkey=', 'sharedaccesskey='], '', '[A-Za-z0-9+/]{40,86}={0,2}', {
    anyCase: true,
  }),
  announced('azure-sas', ['&sig=', '?sig=', ';sig=', 'sig='], '', '[A-Za-z0-9%+/]{43,120}={0,2}', {
    check: (value) => /%3d|=$/i.test(value),
  }),
  token('azure-client-secret', 'Q~', '[A-Za-z0-9_.~-]{31,34}', {
    before: { of: /[A-Za-z0-9_.~]/, least: 4, most: 4 },
  }),
  token('digitalocean-token', ['dop_v1_', 'doo_v1_', 'dor_v1_'], '[0-9a-f]{64}'),
  token('alibaba-key-id', 'LTAI', `${WORD}{12,20}`, { check: (body) => distinct(body) > 6 && /\d|[a-z]/.test(body) }),
  token('tencent-key-id', 'AKID', `${WORD}{32}`),
  token('heroku-key', 'HRKU-', `AA${URL64}{58}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`),
  token('netlify-token', 'nfp_', `${WORD}{36,40}`),
  token('vercel-token', ['vcp_', 'vci_', 'vca_', 'vcr_', 'vck_'], `${WORD}{24,64}`),
  token('vercel-blob-token', 'vercel_blob_rw_', `${WORD}{16}_${WORD}{20,40}`),
  token('fly-token', 'fo1_', `${URL64}{43}`),
  token('fly-token', ['fm1r_', 'fm1a_', 'fm2_'], '[A-Za-z0-9+/]{100,4096}={0,3}'),
  token('cloudflare-origin-key', 'v1.0-', '[0-9a-f]{24}-[0-9a-f]{146}'),
  token('planetscale-key', ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], '[A-Za-z0-9_=.-]{32,64}'),
  token('supabase-key', 'sbp_', '[0-9a-f]{40}'),
  token('supabase-key', 'sb_secret_', `${URL64}{22,60}`),
  token('databricks-token', 'dapi', '[0-9a-f]{32}(?:-\\d)?'),
  token('doppler-token', 'dp.', `(?:pt|st|ct|sa|scim|audit)\\.(?:[a-z0-9_-]{2,35}\\.)?${WORD}{40,44}`),
  token('vault-token', ['hvs.', 'hvb.', 'hvr.'], `${URL64}{24,300}`),
  token('pulumi-token', 'pul-', '[0-9a-f]{40}'),
  token('terraform-token', '.atlasv1.', `${URL64}{60,70}`, { before: { of: /[A-Za-z0-9]/, least: 14, most: 14 } }),
  token('tailscale-key', 'tskey-', `(?:auth|api|client|scim|webhook)-${WORD}{6,20}-${WORD}{16,48}`),
  token('yandex-key', 'AQVN', `${URL64}{35,38}`),
  token('render-key', 'rnd_', `${WORD}{32}`),
  token('railway-neon-key', 'napi_', `${WORD}{40,80}`),
];
