// A conversation of four turns in both shapes that LoCoMo comes in: ours, and the original.
const QA = [
  { question: 'What is the name of the dog of Ada?', answer: 'Biscuit', evidence: ['D1:2'], category: 4 },
  { question: 'When did Ben go climbing?', answer: '9 May 2023', evidence: ['D2:01; D1:1', 'D9:9'], category: 2 },
  { question: 'What did Ada say about submarines?', evidence: ['D1:3'], category: 5 },
  { question: 'Who are they?', evidence: [], category: 3 },
];
const DATES = ['1:56 pm on 8 May, 2023', '12:09 am on 10 May, 2023'] as const;
const FIRST = [
  { speaker: 'Ben', dia_id: 'D1:1', text: 'Tomorrow I go climbing with Carla.' },
  { speaker: 'Ada', dia_id: 'D1:2', text: 'My dog Biscuit stays with you.' },
  { speaker: 'Ada', dia_id: 'D1:3', text: 'Look at this' },
];
const SECOND = [{ speaker: 'Ben', dia_id: 'D2:1', text: 'Climbing was great fun!' }];
export const LOCOMO_OURS = [
  {
    sample_id: 'c1',
    speakers: ['Ada', 'Ben'],
    sessions: [
      {
        session: 1,
        date_time: DATES[0],
        turns: FIRST.map((turn, i) => (i === 2 ? { ...turn, image_caption: 'a photo of a boat' } : turn)),
      },
      { session: 2, date_time: DATES[1], turns: SECOND },
    ],
    qa: QA,
  },
];
export const LOCOMO_ORIGINAL = [
  {
    sample_id: 'c1',
    conversation: {
      speaker_a: 'Ada',
      speaker_b: 'Ben',
      session_2_date_time: DATES[1],
      session_2: SECOND,
      session_1_date_time: DATES[0],
      session_1: FIRST.map((turn, i) =>
        i === 2 ? { ...turn, img_url: ['http://x'], blip_caption: 'a photo of a boat' } : turn,
      ),
      session_3_date_time: '1:00 pm on 1 June, 2023',
    },
    event_summary: {},
    qa: QA.map((qa, i) => (i === 2 ? { ...qa, adversarial_answer: 'much' } : qa)),
  },
];
