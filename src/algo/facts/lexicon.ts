// Words the rules for facts know: what one can be, have, and say of a thing.

/** Nouns that name a property: "the port of …", "… port is", "port: …". */
export const ATTRIBUTES =
  'port|host|hostname|url|endpoint|address|ip|ip address|domain|email|phone|phone number|version|status|owner|maintainer|deadline|due date|name|nickname|birthday|age|job|employer|salary|budget|timezone|time zone|region|branch|timeout|ttl|limit|rate limit|retention|size|capacity|priority|price|manager|boss|lead|team lead|wife|husband|partner|girlfriend|boyfriend|doctor|language|framework|database|path|schedule|password manager|pronouns|editor|title|location';
/** What a speaker can have without saying of what. */
export const OWN_ATTRIBUTES =
  /^(?:timezone|time zone|email|phone|phone number|birthday|pronouns|nickname|employer|job)$/i;
/** "The default branch" is a thing of its own, not the branch of "default". */
export const KIND_WORDS =
  /^(?:default|primary|main|current|new|old|backup|secondary|base|initial|maximum|max|minimum|min|only|first|last|next|final|total|full|same|best|real|original)$/i;
export const ROLES =
  /\b(?:engineer|developer|designer|teacher|nurse|doctor|dentist|lawyer|manager|director|analyst|scientist|architect|consultant|accountant|chef|writer|author|artist|musician|painter|student|professor|researcher|intern|founder|co-founder|cofounder|ceo|cto|cfo|coo|cmo|ciso|vp|president|lead|head|administrator|admin|sysadmin|programmer|technician|electrician|plumber|counselor|counsellor|therapist|psychologist|social worker|librarian|journalist|photographer|pilot|driver|firefighter|police officer|officer|barista|waiter|waitress|actor|actress|singer|dancer|coach|trainer|veterinarian|pharmacist|biologist|chemist|physicist|mathematician|economist|translator|editor|producer|filmmaker|baker|farmer|gardener|tester|maintainer|freelancer|contractor|assistant|specialist|coordinator|supervisor|officer)\b/i;
export const TITLE_OF =
  /^(?:ceo|cto|cfo|coo|cmo|ciso|president|vp|vice president|founder|co-founder|director|owner|head)$/i;
export const POSSESSIONS =
  /^(?:(?:a|an|one|two|three|four|five|six|seven|eight|nine|ten|\d+)\s+)?(?:\p{L}+\s+){0,2}?(?:dogs?|cats?|pupp(?:y|ies)|kittens?|pets?|birds?|parrots?|hamsters?|rabbits?|snakes?|turtles?|horses?|fish|kids?|child|children|sons?|daughters?|twins|brothers?|sisters?|siblings?|wife|husband|partner|girlfriend|boyfriend|fianc[eé]e?|grandchild(?:ren)?|grandson|granddaughter|nieces?|nephews?|cars?|bikes?|bicycles?|motorcycles?|boats?|houses?|apartments?|flats?|guitars?|pianos?|degrees?|phd|master's|nodes?|replicas?|shards?|cores?|workers?|employees|users|members|seats|rooms|bedrooms|floors|tables|columns|partitions)\b/iu;
export const STATES =
  'down|up|live|offline|online|deprecated|blocked|unblocked|done|finished|complete|completed|merged|deployed|released|shipped|archived|paused|suspended|cancelled|canceled|in progress|in review|on hold|broken|fixed|resolved|closed|ready|stable|unstable|enabled|disabled|green|red|failing|passing|healthy|unhealthy|public|private|read-only';
/** Subjects that lead into something else: "the problem is that …". */
export const EMPTY_SUBJECT =
  /^(?:(?:the|this|that|my|our|your|a|an|one|another|his|her|their|main|only|first|last|next|real|big|whole)\s+)*(?:problem|question|thing|idea|issue|reason|point|rest|rain|story|answer|goal|plan|result|fact|truth|trick|key|way|time|day|weather|meeting|movie|bill|food|view|part|deal|catch|hope|dream|purpose|difference|bottom line|good news|bad news)s?$/i;
export const NO_SUBJECT =
  /^(?:you|it|he|she|they|this|that|these|those|there|here|who|what|which|someone|somebody|everyone|everybody|anyone|anybody|nobody|no one|nothing|everything|something|one|people|some|many|most|all|none|both|each|neither|either|others?|another|such|yes|no|ok|okay|well|oh|hey|hi|thanks|sorry|also|then|now|just)$/i;
/** Verbs at the start of what looks like a name: "Joined the call", "Moved to …". */
export const VERB_OPENING =
  /^(?:Joined|Left|Moved|Started|Stopped|Fixed|Added|Removed|Updated|Deployed|Merged|Created|Deleted|Set|Use|Used|Using|Run|Running|Working|Looking|Going|Visited|Bought|See|Make|Keep|Check|Remember|Ask|Tell|Try|Give|Take|Get|Got|Let|Looks?|Sounds?|Feels?|Seems?|Smells?|Tastes?|Bet|Glad|Appreciate|Really|Guess|Hope|Hoping|Love|Loved|Like|Thank|Thanks|Congrats|Great|Nice|Good|Cool|Awesome|Amazing|Such|Stuff|Having|Being|Seeing|Finding|Feeling|Learning|Knowing|Getting|Making|Taking|Doing|Sharing|Spending|Watching|Reading|Trying|Helping|Playing|Coming|Talking|Thinking|Hearing|Unconditional|Strong|Same|[A-Z][a-z]{4,}ing|Definitely|Absolutely|Totally)$/;
