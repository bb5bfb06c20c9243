// Which sentences state nothing: questions, wishes, guesses, plans, orders, hearsay and code.

const QUESTION = /\?["'”’)\]]*$/;
const OPENS_DOUBTFUL =
  /^(?:if|when|whenever|unless|suppose|imagine|assuming|let|please|maybe|perhaps|according to|as if|once|wish|hopefully|apparently|supposedly|what|how|which|who|why|where|note|todo|fixme|warning|example|e\.g\.|should|could|would|can|may|might|do|does|did|is|are|was|were|has|have|not)\b/i;
const DOUBT =
  /\b(?:might|could|would|should|shall|will|must|can|cannot|going to|gonna|wish|hope[sd]?|hoping|think|thinks|thought|guess|believes?|believed|supposed?|probably|possibly|maybe|perhaps|seems?|seemed|doubts?|doubted|almost|nearly|rumou?r\w*|hypothetically|plan(?:s|ned|ning)? (?:to|on)|wants? to|wanted to|try(?:ing)? to|tries to|tried to|needs? to|needed to|have to|has to|had to|let me|if|whether|pretend\w*|dreamt?|dreamed|as though)\b|'ll\b|'d\b|\bmay (?=\p{Ll})/iu;
/** Someone else's words; not so "told me about". */
const HEARSAY =
  /\b(?:said|says|claims?|claimed|told \p{L}+|tells \p{L}+|mentioned|heard|suggested|suggests|asked|reported|wrote) (?:that|\p{Lu}|(?:the|his|her|their|he|she|they|it)\b)/u;
const NEGATION = /\b(?:not|never|nobody|none|no one|nothing|neither|nor|without|hardly|barely|rarely|no)\b|n't\b/i;
const CODE =
  /[{};]\s*$|^\s*(?:const|let|var|import|export|return|for \(|if \(|while \(|function|class|def|select\b.*\bfrom\b|insert into|npm |git |cd |sudo |\$ |>>> )|=>|\(\)|==|&&|\|\|/i;

export const isCode = (sentence: string): boolean => CODE.test(sentence);
export const isDoubtful = (sentence: string): boolean =>
  QUESTION.test(sentence) || OPENS_DOUBTFUL.test(sentence) || DOUBT.test(sentence) || HEARSAY.test(sentence);
export const isNegated = (sentence: string): boolean => NEGATION.test(sentence);
