// Names that most texts mean the same by. Short on purpose: what is missing is found by what stands around it.

const list = (text: string): ReadonlySet<string> => new Set(text.trim().split(/\s+/));
const lines = (text: string): ReadonlyMap<string, string> =>
  new Map(
    text
      .trim()
      .split(/\s*[|\n]\s*/)
      .map((name) => [name.toLowerCase(), name]),
  );

/** Software whose name is hardly ever a word of its own: written in any case. Lower case → as it writes itself. */
export const TOOLS =
  lines(`Postgres | PostgreSQL | MySQL | MariaDB | SQLite | SQLCipher | MongoDB | Redis | Valkey | Memcached | Cassandra
  ClickHouse | DuckDB | Elasticsearch | OpenSearch | Neo4j | DynamoDB | CockroachDB | InfluxDB | Qdrant | Pinecone | Weaviate
  Milvus | LanceDB | pgvector | Kafka | RabbitMQ | NATS | ZooKeeper | etcd | Kubernetes | Docker | Docker Compose | Podman
  Terraform | OpenTofu | Ansible | Pulumi | Nomad | Jenkins | GitHub Actions | GitLab CI | CircleCI | ArgoCD
  nginx | Apache Kafka | Caddy | Traefik | HAProxy | Envoy | Istio | Prometheus | Grafana | Loki | Sentry | Datadog
  Splunk | Kibana | Logstash | OpenTelemetry | Jaeger | PagerDuty | Python | TypeScript | JavaScript | Kotlin | Haskell
  Golang | Java | Scala | Elixir | Erlang | Clojure | PHP | Perl | Lua | Django | Flask | FastAPI | Laravel | Next.js
  Nuxt | Vue | Vue.js | Angular | Svelte | SvelteKit | React Native | jQuery | Tailwind | Node.js | Deno | Bun.js | npm | pnpm
  Webpack | Vite | Vitest | Playwright | Cypress | Puppeteer | Selenium | pytest | ESLint | GraphQL | gRPC | PyTorch
  TensorFlow | NumPy | scikit-learn | LangChain | llama.cpp | Ollama | vLLM | ONNX | ChatGPT | GPT-3 | GPT-4 | GPT-4o | Claude Code
  Jira | Confluence | Figma | VS Code | VSCode | IntelliJ | PyCharm | Neovim | Emacs | tmux | systemd
  Ubuntu | Debian | Fedora | CentOS | Alpine Linux | Linux | macOS | Windows 10 | Windows 11 | Photoshop | Proxmox | Tailscale
  WireGuard | OpenVPN | Keycloak | Okta | HashiCorp Vault | MinIO | Supabase | Firebase | Airflow | Snowflake | BigQuery
  Databricks | dbt | Metabase | Tableau | WordPress | Hono | Kysely | Biome | Prisma | Dependabot | Homebrew | CUDA`);

/** Software named like a word: counts when it is written with a capital and not where every word has one. */
export const TOOL_WORDS =
  lines(`Node | React | Express | Rust | Swift | Ruby | Rails | Slack | Notion | Linear | Zoom | Teams
  Excel | Word | Outlook | Git | Bun | Helm | Consul | Vault | Gradle | Maven | Chrome | Firefox | Safari | Vim
  Cursor | Claude | Gemini | Copilot | Spark | Hadoop | Flink | Celery | Puma | Bash | Go`);
/** Of those, the ones that also open a sentence as a plain word. */
export const VERB_TOOLS = list(
  'express go zoom spark teams word cursor excel slack notion react vault helm linear swift',
);

export const ORGANIZATIONS =
  lines(`Google | Microsoft | Amazon | Apple | Meta | Facebook | Netflix | OpenAI | Anthropic | Nvidia | Intel
  IBM | Oracle | Salesforce | GitHub | GitLab | Atlassian | Stripe | Vercel | Netlify | Cloudflare | Hetzner | DigitalOcean
  Heroku | AWS | Azure | Amazon Web Services | Google Cloud | LinkedIn | YouTube | Twitter | Reddit | Instagram | TikTok
  WhatsApp | PayPal | Spotify | Uber | Airbnb | Tesla | SpaceX | Samsung | Sony | Siemens | SAP | Bosch | BMW | Toyota | IKEA
  NASA | ESA | UNESCO | UNICEF | NATO | FBI | BBC | CNN | Mozilla | Wikipedia | Hugging Face | Red Hat | Canonical`);
/** Written small they are words. */
export const ORGANIZATION_WORDS = list('apple amazon meta oracle intel stripe uber canonical');

export const PLACES =
  lines(`Afghanistan | Amman | Argentina | Australia | Austria | Bangladesh | Belgium | Bolivia | Brazil | Bulgaria | Cambodia
  Canada | Chile | Colombia | Costa Rica | Croatia | Cuba | Cyprus | Czech Republic | Czechia | Denmark | Ecuador | Egypt | Estonia
  Ethiopia | Finland | France | Germany | Ghana | Greece | Hungary | Iceland | India | Indonesia | Iran | Iraq | Ireland
  Israel | Italy | Jamaica | Japan | Kenya | Kuwait | Latvia | Lebanon | Lithuania | Luxembourg | Malaysia | Malta | Mexico
  Mongolia | Morocco | Mozambique | Nepal | Netherlands | New Zealand | Nicaragua | Nigeria | North Korea | Norway | Pakistan
  Panama | Paraguay | Peru | Philippines | Poland | Portugal | Qatar | Romania | Russia | Rwanda | Saudi Arabia | Scotland | Serbia
  Singapore | Slovakia | Slovenia | Somalia | South Africa | South Korea | Spain | Sri Lanka | Sudan | Sweden | Switzerland | Syria
  Taiwan | Tanzania | Thailand | Tunisia | Uganda | Ukraine | United Arab Emirates | United Kingdom | United States | Uruguay
  Venezuela | Vietnam | Wales | Zambia | Zimbabwe | England | Europe | Africa | Asia | USA | UK
  California | Texas | Florida | Oregon | Colorado | Arizona | Nevada | Massachusetts | Michigan | Ohio | Illinois | Hawaii | Alaska
  Bavaria | Tuscany | Catalonia | Ontario | Quebec | New South Wales
  Amsterdam | Athens | Atlanta | Auckland | Bangkok | Barcelona | Basel | Beijing | Belgrade | Berlin | Bern | Bogotá | Bonn | Boston
  Bratislava | Brussels | Bucharest | Budapest | Buenos Aires | Cairo | Cape Town | Casablanca | Chicago | Cologne | Copenhagen
  Dallas | Delhi | New Delhi | Denver | Detroit | Dortmund | Dresden | Dubai | Dublin | Düsseldorf | Edinburgh | Frankfurt | Geneva
  Glasgow | Gothenburg | Hamburg | Hanoi | Heidelberg | Helsinki | Hong Kong | Houston | Istanbul | Jakarta | Jerusalem
  Johannesburg | Karachi | Kraków | Krakow | Kyiv | Kyoto | Lagos | Leeds | Leipzig | Lima | Lisbon | Liverpool | Ljubljana | London
  Los Angeles | Lyon | Madrid | Manchester | Manila | Marseille | Melbourne | Mexico City | Miami | Milan | Montreal | Moscow
  Mumbai | Munich | München | Nairobi | Naples | New York | New York City | Osaka | Oslo | Ottawa | Paris | Philadelphia | Portland
  Porto | Prague | Rio de Janeiro | Rome | Rotterdam | San Diego | San Francisco | San Jose | Santiago | São Paulo | Seattle
  Seoul | Seville | Shanghai | Shenzhen | Sofia | Stockholm | Strasbourg | Stuttgart | Sydney | Taipei | Tallinn | Tbilisi | Tehran
  Tel Aviv | Tokyo | Toronto | Toulouse | Turin | Valencia | Vancouver | Venice | Vienna | Vilnius | Warsaw | Washington
  Washington DC | Zagreb | Zurich | Zürich | Silicon Valley | Brooklyn | Manhattan`);
/** Names of people or of things too: places only after "in", "at", "to", "from". */
export const CUED_PLACES = lines('Turkey | China | Jordan | Chad | Georgia | Austin | Charlotte | Virginia | Victoria | Phoenix | Bath | Nice | Reading | Mobile | Jersey | Guinea | Dakota | Florence | Lincoln | Essen | Graz | Linz | Cork'); // biome-ignore format: a list

/** Given names that are hardly ever anything else at the beginning of a sentence. Folded. */
export const GIVEN_NAMES =
  list(`aaron abigail adam adrian ahmed aisha alan albert alejandro alex alexander alexandra alice alicia alison amanda
  amelia amit amy ana anastasia andre andrea andreas andrew andy angela anita anja ann anna anne annie anthony antonio
  arjun arthur ben benjamin bernd beth bob brandon brenda brian bruno camila carla carlos carmen carol caroline
  carolyn catherine cecilia chloe chris christian christina christine christopher claire clara claudia colin connor
  craig cristina daniel daniela dave david deborah debra dennis derek diana diego dieter dmitri dmitry donald donna dorothy
  douglas dylan edith eduardo edward elena eleanor eli elias elijah elizabeth ella ellen emily emma eric erica erik erika
  esther ethan eva evan evelyn fatima felix fernando fiona francesca francisco franz fred frederick gabriel gary george
  gerald giovanni gina giulia gloria greg gregory guillermo gunther hannah hans harry hassan heather heidi heinz helen helena
  helga henry hiroshi hugo ian ibrahim igor ines ingrid irene isaac isabel isabella ivan jacob jake james jamie jan jane
  janet jason javier jean jeff jeffrey jennifer jenny jens jeremy jerry jesse jessica jim jin joan joanna joe joel johann johanna john
  johnny jon jonas jonathan jorge jose joseph joshua juan judith julia julian julie jürgen justin kai karen karin karl kate
  katherine kathleen katie kavya keith kelly kenji kevin kim klaus kristen kyle lara larry laura lauren lea lena leo leon
  leonard liam lily linda linus lisa liz louis louise luca lucas lucia lucy luis luisa luke lukas maggie manuel marc marcel marco
  marcus margaret maria marie marina mario marta martha martin mary mateo matt matteo matthew matthias maurice
  max maya mehmet mel melanie melissa mia michael michelle miguel mike mohamed mohammed monica nadia naomi nate
  natalie natasha nathan neha nicholas nick nicolas nicole nikolai nina noah nora oleg oliver olivia omar oscar pablo pamela
  patricia patrick paul paula paulo pavel pedro peter petra philip pierre priya rachel rafael rahul raj rajesh
  ralph ramon rebecca richard rita robert roberto robin rodrigo roger roland ronald rosa ruth ryan sabine sam samantha
  samir samuel sandra sanjay sara sarah scott sean sebastian sergei sergio sharon simon sofie sonia sophia sophie
  stefan stefanie stella stephanie stephen steve steven sunita susan suresh sven sylvia tanja tanya tara teresa theo theresa thomas
  tim timothy tina tobias todd tom tomás tony tracy ulrich uwe valentina valerie vanessa vera veronica viktor
  vincent vladimir walter wei wendy werner wilhelm william wolfgang xavier yan yasmin yuki yusuf yvonne zoe`);
/** Given names that are words, months or places too: they need a hint. Folded. */
export const DOUBTFUL_NAMES =
  list(`angel april art august autumn bill carter chase chad charlotte crystal daisy dawn drew faith florence frank
  gene georgia grace grant hope hunter iris ivy jack jade jasmine jordan joy june lance lane lily mark mason may melody
  olive pat paris pearl penny pierce ray rich rob rose ruby rusty savannah skip sofia sterling stone summer sunny taylor tiffany
  victor victoria violet virginia wade will`);

/** Capitalised words that name nobody: openings of sentences, days, roles, jargon. Lower case. */
export const COMMON =
  list(`a about above accounting actually admin after again agent agents all also although always am an and another answer any
  anyone anything api app april are as ask assistant at august back backend backups because before being below best better
  both bot bug but by call can client code config context could customer customers data database day dear december decision deploy design
  did do docs does done each either english error even every everyone everything example faq february few file final finally
  first fix following for french friday from frontend german go good great had happy has have he hello help her here hey hi his how
  however http https human i idea if important in info instead into is issue it its january july june just key last later let library
  like list log look lunch make many march maybe me mean meanwhile meeting merry message model mom mum dad monday more most much must my name
  need never new next no nobody not note nothing november now october of off ok okay old on once one only open or order other our out
  over page people perhaps plan please policy president prod production project question quick quite readme really
  reason regards release remember remind report request result review room rule run same saturday see september server service
  setup several she should simple since so some someone something soon sorry spanish staging status still stop such summary sunday
  support sure system task team test tests thank thanks that the their them then there these they thing things this those though thursday
  ticket time title to today todo tomorrow tool tools true tuesday two type under until up update us use user users
  using utc very via wait warning was we wednesday week weekly well were what when where whether which while who why with
  without work would yes yesterday yet you your christmas birthday easter ceo cto cfo vp sir madam everybody none sometimes
  according despite during except inside near outside within birthday sales marketing engineering finance legal success
  north south east west northern southern eastern western chinese japanese italian russian european american british dutch`);

export const PARTICLES = list('van von der den de del della di da dos du la le bin ibn al el ter zu');
export const TITLES = list('mr mrs ms miss dr prof professor doctor sir');

/** Only people do this: a name in front of it needs no other hint. */
export const HUMAN_VERB =
  /^(?:'s)?\s+(?:said|says|told|asked|thinks|thought|wrote|replied|agreed|lives|lived|moved|met|was born|is married|married|loves|loved|likes|liked|hates|prefers|wants|wanted|owns|teaches|taught|arrived|works (?:at|for|as|with)|worked (?:at|for|as)|is (?:my|our|his|her)\s+(?:sister|brother|mother|father|wife|husband|son|daughter|friend|best friend|boss|manager|colleague|partner|cousin|uncle|aunt|neighbou?r|doctor|therapist|teacher|landlord))(?![\p{L}-])/u; // biome-ignore format: one pattern
/** In front of these even a name that is a word too is a name. */
export const PERSON_VERB =
  /^(?:'s)\s|^\s+(?:and I|called|emailed|joined|leads|led|manages|reports to|knows|knew|visited|bought|speaks|spoke|explained|suggested|mentioned|decided|promised|complained|left|went|came|ordered|signed|adopted|reviewed|approved|recommended|enjoys|plays|studies|studied|believes|feels|felt|works|worked)(?![\p{L}-])/u; // biome-ignore format: one pattern
/** Behind these stands a person, whatever the name. */
export const HUMAN_CUE =
  /(?:\b(?:told|asked|met|hi|hello|dear|thanked|regards,|cheers,|married to|reports to|sister|brother|mother|father|wife|husband|son|daughter|friend|boss|manager|colleague|coworker|cousin|uncle|aunt|cto|ceo|cfo|neighbou?r),?)\s+$/i;
/** Behind these a name that could be a person's is one. */
export const PERSON_CUE = /(?:\b(?:with|and|ask|tell|meet|email|call|called|hey|thanks?|by|from|cc|according to|partner|engineer|developer|designer|named|let|for|to)|@),?\s*$/i; // biome-ignore format: one pattern
export const PLACE_CUE =
  /\b(?:in|at|to|from|near|around|visit|visited|visiting|via|through|leaving|left|capital of)\s+$/i;
export const WORKPLACE_CUE =
  /\b(?:works? (?:at|for)|worked (?:at|for)|working (?:at|for)|employed (?:at|by)|hired by|(?:job|intern(?:ship)?|position|role) at|(?:cto|ceo|cfo|vp|founder|co-founder|head|director|employee|president) (?:of|at)|(?:company|firm|startup|vendor|employer) (?:called|named)?)\s*$/i; // biome-ignore format: one pattern
export const ORGANIZATION_END =
  /\s(?:Inc|Ltd|LLC|GmbH|AG|Corp|Corporation|Limited|PLC|KG|SE|Foundation|University|Institute|College|Club|Association|Agency|Ministry|Bank|Holdings|Technologies|Labs|Airlines|Hospital|Museum)\.?$/; // biome-ignore format: one pattern
export const PLACE_SHAPE =
  /^(?:Lake|Mount|Mt\.|Cape|Port|Fort|San|Santa|Saint|St\.)\s\p{Lu}|\s(?:River|Street|Avenue|Road|Park|Airport|Island|Islands|Beach|Valley|Square|Bridge|Mountains?|County|Bay|Station)$/u; // biome-ignore format: one pattern
