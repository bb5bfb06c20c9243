// Payments, messages, and the rest of what is rented.
import { looksRandom } from './doubt.ts';
import { announced, type Rule, token } from './rule.ts';

const WORD = '[A-Za-z0-9]';
const URL64 = '[A-Za-z0-9_-]';
const HEX_32 = { before: { of: /[0-9a-f]/, least: 32, most: 32 } };
const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

const DASH_AND_DIGIT = [...'0123456789abcdef'].map((digit) => `-${digit}`);

/** A bot's token opens with its number in base 64; these are all the ways the digits of a number can begin. */
const DISCORD = ['MD', 'MT', 'Mj', 'Mz', 'ND', 'NT', 'Nj', 'Nz', 'OD', 'OT'];

export const SERVICES: readonly Rule[] = [
  token('stripe-key', ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_prod_'], `${WORD}{16,250}`),
  token('webhook-secret', 'whsec_', '[A-Za-z0-9+/=]{24,80}'),
  token('square-token', 'EAAA', `${URL64}{56,64}`),
  token('square-token', ['sq0atp-', 'sq0csp-', 'sq0idb-'], `${URL64}{22,43}`),
  token('braintree-token', 'access_token$', '(?:production|sandbox)\\$[0-9a-z]{16}\\$[0-9a-f]{32}'),
  token('razorpay-key', ['rzp_live_', 'rzp_test_'], `${WORD}{14,24}`),
  token('plaid-token', ['access-production-', 'access-sandbox-', 'access-development-'], UUID),
  token(
    'slack-token',
    ['xoxb-', 'xoxp-', 'xoxa-', 'xoxo-', 'xoxs-', 'xoxr-', 'xoxe-', 'xoxd-', 'xoxc-'],
    '[A-Za-z0-9%-]{20,400}',
    {
      check: (body) => /\d/.test(body),
    },
  ),
  token('slack-token', 'xapp-', `\\d-[A-Z0-9]{8,14}-\\d{8,14}-[0-9a-f]{40,70}`),
  announced(
    'slack-webhook',
    'hooks.slack.com/',
    '(?:services|workflows|triggers)/',
    '[A-Z0-9]{8,14}/[A-Z0-9]{8,14}/[A-Za-z0-9/]{20,60}',
  ),
  token('discord-token', DISCORD, `[A-Za-z0-9_-]{21,26}\\.${URL64}{6}\\.${URL64}{27,38}`),
  announced(
    'discord-webhook',
    ['discord.com/', 'discordapp.com/'],
    'api/(?:v\\d{1,2}/)?webhooks/\\d{17,20}/',
    `${URL64}{60,90}`,
  ),
  announced('teams-webhook', '.webhook.office.com/', 'webhookb2/', '[A-Za-z0-9@/-]{80,250}'),
  token('telegram-token', ':AA', `${URL64}{33}`, { before: { of: /\d/, least: 8, most: 10 } }),
  token('twilio-key', 'SK', '[0-9a-f]{32}'),
  token('sendgrid-key', 'SG.', `${URL64}{22}\\.${URL64}{43}`),
  token('mailgun-key', 'key-', '[0-9a-f]{32}'),
  token('mailgun-key', DASH_AND_DIGIT, '[0-9a-f]{7}-[0-9a-f]{8}', HEX_32),
  token('mailchimp-key', '-us', '\\d{1,2}', HEX_32),
  token('brevo-key', ['xkeysib-', 'xsmtpsib-'], '[0-9a-f]{64}-[A-Za-z0-9]{16}'),
  token('resend-key', 're_', `${WORD}{8}_${WORD}{24}`),
  token('new-relic-key', ['NRAK-', 'NRIQ-', 'NRII-', 'NRJS-'], '[A-Za-z0-9_-]{19,32}'),
  token('sentry-token', 'sntryu_', '[0-9a-f]{64}'),
  token('sentry-token', 'sntrys_', '[A-Za-z0-9+/=_-]{60,600}'),
  token('linear-key', ['lin_api_', 'lin_oauth_'], `${WORD}{32,64}`),
  token('notion-token', 'ntn_', `\\d{11}${WORD}{32,35}`),
  token('notion-token', 'secret_', `${WORD}{43}`),
  token('airtable-token', 'pat', `${WORD}{14}\\.[0-9a-f]{64}`),
  token('shopify-token', ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shptka_'], '[0-9a-f]{32}', { anyCase: true }),
  token('grafana-token', 'glsa_', `${WORD}{32}_[0-9a-f]{8}`, { anyCase: true }),
  token('grafana-token', 'glc_', '[A-Za-z0-9+/_-]{32,400}={0,3}'),
  token('postman-key', 'PMAK-', '[0-9a-f]{24}-[0-9a-f]{34}'),
  token('figma-token', ['figd_', 'figo_'], `${URL64}{36,60}`),
  token('dropbox-token', 'sl.', `${URL64}{120,1400}`),
  token('contentful-token', 'CFPAT-', `${URL64}{43}`),
  token('typeform-token', 'tfp_', `${URL64}{40,64}`),
  token('hubspot-token', ['pat-na1-', 'pat-na2-', 'pat-eu1-'], UUID),
  token('facebook-token', 'EAAC', `${WORD}{80,250}`),
  token('twitter-token', 'AAAAAAAAAAAAAAAAAAAA', '[A-Za-z0-9%]{60,100}'),
  token('dynatrace-token', ['dt0c01.', 'dt0s01.'], '[A-Z2-7]{24}\\.[A-Z2-7]{64}'),
  token('frameio-token', 'fio-u-', `${URL64}{64}`),
  token('scalingo-token', 'tk-us-', `${URL64}{48}`),
  token('prefect-key', ['pnu_', 'pnb_'], `${WORD}{36}`),
  token('readme-key', 'rdme_', '[a-z0-9]{70}'),
  token('duffel-token', ['duffel_live_', 'duffel_test_'], `${URL64}{43}`),
  token('easypost-key', ['EZAK', 'EZTK'], `${WORD}{54}`),
  token('shippo-token', ['shippo_live_', 'shippo_test_'], '[0-9a-f]{40}'),
  token('onepassword-token', 'ops_eyJ', '[A-Za-z0-9+/_=-]{200,2000}'),
  token('adobe-secret', 'p8e-', `${WORD}{32}`, { check: looksRandom }),
];
