//! Questions whose answer depends on when they are asked.

use std::{sync::LazyLock, time::Duration};

use super::phrase::{Phrases, Words};

/// How an answer ages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// As far as the words tell, it does not.
    Timeless,
    /// It may be served again for at most this long.
    Soon(Duration),
    /// It is about this day or this moment: an answer to an earlier question is none.
    Now,
}

/// For what changes within days: versions, charts, this week's affairs.
const HOUR: Duration = Duration::from_secs(3600);
/// For what changes within years: who holds an office, how old somebody is.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// How the answer to a question of these words ages.
///
/// Instructions about a given text (translate, summarise), definitions, and code that works with dates age in no way
/// that matters here.
pub(super) fn freshness(mut words: Words) -> Freshness {
    if ABOUT_A_TEXT.are_in(words.all()) {
        return Freshness::Timeless;
    }
    HARMLESS.blank_out(&mut words);
    let words = words.all();
    let is_code = CODE.are_in(words);
    if !is_code && (NOW.are_in(words) || !HOW_TO.are_in(words) && THIS_DAY.are_in(words)) {
        return Freshness::Now;
    }
    if VERSIONS.are_in(words) || !is_code && CHANGING.are_in(words) {
        return Freshness::Soon(HOUR);
    }
    if !is_code && SLOWLY_CHANGING.are_in(words) {
        Freshness::Soon(DAY)
    } else {
        Freshness::Timeless
    }
}

/// The work is on a text that is given or to be made up, whatever time that speaks of; or on a word.
static ABOUT_A_TEXT: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "^translate|rewrite|rephrase|paraphrase|proofread|summarize|summarise|shorten|classify|correct",
        "^please|can|could translate|rewrite|rephrase|paraphrase|proofread|summarize|summarise|correct",
        "^can|could|would you|please please|translate|rewrite|rephrase|paraphrase|proofread|summarize|summarise|correct",
        "^fix|check the|this|my grammar|spelling|sentence|text|paragraph",
        "^please|can|could|help * write|draft|compose * poem|story|email|letter|essay|song|haiku|joke|message|speech",
        "^write|draft|compose|create|generate * poem|story|email|letter|essay|song|haiku|joke|message|speech|dialogue|slogan|tweet|scene",
        "^ubersetze|ubersetz|traduce|traduis|traduisez|traduza|traduz",
        "what does * mean$",
        "how * say|ask",
        "is said",
        "^define",
        "definition|meaning|etymology|synonym|synonyms|antonym of",
        "another|other word|words for",
    ])
});

/// Words of time that mean no time, or all of it.
static HARMLESS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "at the latest",
        "current account|accounts|ratio|asset|assets|liability|liabilities|divider|source|flow|transformer",
        "electric|electrical|alternating|direct|ocean|eddy|constant|water|short current|currents",
        "in|of todays world|society|economy|market|age|culture|era|business|workplace",
        "of|until|till|even|still|exist|exists|known|relevant|matter|matters|survive today",
        "used|seen|found|spoken|practiced|practised|society|us|world|life today",
        "how|why * influence|influences|influenced|affect|affects|affected|shape|shaped|impact|impacts * today",
        "days of the week",
        "today show",
        "usa today",
        "day after tomorrow movie|film",
        "fake|breaking news literacy|detection|classifier",
        "fake news",
        "news anchor|article format|paper|agency|reader",
        "warm|cold|hot|humid|dry|wet|extreme|bad|severe weather",
        "weather channel|systems|system|app|balloon|station|vane|resistant|proof|and climate",
        "weather * on mars|venus|jupiter|saturn|mercury|neptune",
        "weather * in|during january|february|march|april|may|june|july|august|september|october|november|december|winter|summer|spring|autumn|fall|general",
        "weather * usually|typically|normally",
        "usually|typical|average|normal|typically weather",
        "now that",
        "by|from|until now on",
        "from now on",
        "now and then",
        "then and now",
        "every now",
        "days * between",
        "time is it when",
    ])
});

/// The question is about code, where the time is somebody else's.
static CODE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "python|javascript|typescript|java|rust|golang|php|ruby|kotlin|swift|perl|bash|powershell|sql|mysql|postgres|postgresql|sqlite|oracle|mongodb|pandas|numpy|excel|vba|dax|html|css|react|nodejs|jquery|linux|unix|git|regex|matlab",
        "function|functions|code|script|query|formula|api|json|timestamp|datetime|command|spreadsheet|macro|regexp|database|dataframe|strftime|cron",
        "google sheets",
        "date format",
        "convert|format|parse * date|time|datetime",
    ])
});

/// A procedure is asked for, and holds on any day.
static HOW_TO: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "^how do|can|should|could|would i|you|we|one",
        "^how to",
        "^what should i",
        "^help me prepare|plan",
        "^wie kann|soll|mache ich|man",
        "^como puedo|hago|posso|faco",
        "^comment puis|faire",
    ])
});

/// This moment, or what changes from hour to hour.
static NOW: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "right now",
        "at the|this moment$",
        "at this moment|minute|hour",
        "as of now|today",
        "what time is it",
        "what is the time",
        "hour|day is it",
        "^time in",
        "what date will|it",
        "days|weeks|months|hours|minutes from now",
        "day of the week are we",
        "what is the|todays time|date in|now|today|right",
        "what|whats the date$",
        "tell|give me the time|date",
        "what day|date|month|year is it|today|this|tomorrow",
        "what day of the week is it|today",
        "todays date|weather|news|headlines|price|prices|rate|rates|score|scores|game|games|match|matches|forecast|temperature|schedule|menu|special|specials|episode|puzzle|wordle|stock|market|lottery",
        "tomorrows weather|forecast|game|match|schedule",
        "current|live|latest|present|real price|prices|rate|rates|weather|time|date|temperature|score|scores|exchange|traffic|conditions|news|headlines|stock|stocks|market|value|location",
        "current interest|inflation|mortgage|gas|gold|oil|bitcoin|btc|share|spot rate|rates|price|prices",
        "weather forecast|today|tonight|tomorrow|now|outside|this|in|at|like",
        "weather for _",
        "how|what is * weather$",
        "forecast for today|tonight|tomorrow|this|next|the",
        "is|will it raining|snowing|rain|snow|sunny|cold|hot|warm|windy",
        "going to rain|snow",
        "how hot|cold|warm is it",
        "temperature outside|today|tonight|tomorrow",
        "stock|share price of|for",
        "what is|are * stock|share price|prices$",
        "how is|are|did * stock|stocks|market|dow|nasdaq|sp500 doing|do|perform|performing|today|close|open",
        "price of bitcoin|btc|ethereum|eth|gold|silver|oil|crude|gas|dogecoin|solana|tesla|nvidia",
        "bitcoin|btc|ethereum|eth|gold|silver|oil|crude price|prices$",
        "how much is|does * bitcoin|ethereum|gold|btc|eth worth|cost|trading",
        "trading|trade at now|today|right|currently",
        "exchange|conversion rate of|between|from|for|usd|eur|gbp|today|now",
        "what is the exchange|conversion rate|between",
        "usd|dollar|dollars|eur|euro|euros|gbp|pounds|yen|rupees|cad to|vs|versus|into|and usd|dollar|dollars|eur|euro|euros|gbp|pounds|yen|rupees|cad",
        "dollar|dollars|euro|euros|pounds|usd|eur|gbp worth|in euros|dollars|usd|eur|gbp|cad|yen|rupees",
        "bad|heavy|busy is the traffic",
        "how many|much * euros|dollars|pounds|yen|rupees|usd|eur is|in * euros|dollars|pounds|yen|rupees|usd|eur",
        "latest|recent|breaking|top|any news|headlines",
        "news today|about|on|from|regarding|this|right",
        "what is|are|was in|on the news",
        "what is happening|going in|on|with|at|today",
        "who is|are winning|leading|playing",
        "who won * last night|yesterday|today|tonight|game",
        "what is the score$",
        "what is the score of|in|between",
        "score of the|todays",
        "what|how is * traffic",
        "traffic like|right|now|update|updates|report",
        "how many|long days|weeks|months|hours|until|till|left|since|ago|before|to * until|till|left|since|christmas|new|easter|halloween|thanksgiving",
        "how long until|till|since|before",
        "how many sleeps",
        "countdown to",
        "how long ago",
        "open|closed right|now|today|tomorrow|tonight",
        // German
        "jetzt gerade",
        "gerade jetzt",
        "wie spat|viel ist|uhr es|ist",
        "welcher|welchen|welches tag|datum|jahr ist|haben heute|wir|es",
        "wie * wetter",
        "wetter heute|morgen|in|jetzt",
        "aktuelle|aktueller|aktuellen|aktuelles kurs|preis|preise|wetter|nachrichten|uhrzeit|datum|aktienkurs|zinsen|wechselkurs|temperatur",
        "nachrichten heute|von|aus|uber",
        "wie viele|lange * bis",
        // Spanish
        "ahora mismo",
        "en este momento",
        "que hora|dia|fecha es|son",
        "a cuantos estamos",
        "que tiempo hace|hara",
        "clima de|en|hoy|manana|actual",
        "precio|cotizacion|valor actual|hoy",
        "noticias de|del|sobre|hoy",
        "ultimas noticias",
        "cuantos|cuanto * faltan|falta|queda|quedan",
        // French
        "en ce moment",
        "quelle heure|date est|sommes il|nous",
        "quel jour|temps sommes|est|fait|fera",
        "meteo a|de|du|pour|demain|aujourd|aujourdhui",
        "prix|cours|taux actuel|actuels",
        "dernieres nouvelles|actualites|infos",
        "combien de jours|temps|semaines * avant|jusqu|reste|jusqua",
        // Portuguese
        "agora mesmo",
        "neste momento",
        "que horas sao",
        "que dia|data e",
        "previsao do tempo",
        "como esta o tempo|clima",
        "preco|cotacao|valor atual|hoje",
        "noticias de|do|da|sobre|hoje",
        "quantos dias|meses|semanas faltam|ate",
    ])
});

/// This day: enough by itself, unless a procedure is asked for.
static THIS_DAY: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "today|tonight|tomorrow|yesterday",
        "this morning|afternoon|evening|weekend|minute",
        "last|next night|weekend",
        "heute|gestern",
        "hoy|ayer",
        "aujourdhui|demain|hier",
        "hoje|ontem|amanha",
        "^es|hay|esta|estara|que|cuando * manana$",
        "^ist|wird|was|wann|wer * morgen$",
    ])
});

/// Versions and releases, in questions about code too.
static VERSIONS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "latest|newest|current|recent|last|new stable|lts|major|minor|official|released version|release",
        "latest|newest|current version|versions|release|releases|model|models|edition|stable|update|updates|features|lts|driver|drivers|firmware",
        "latest|newest * version|release|model",
        "neueste|neuesten|aktuelle|aktuellste version|ausgabe|modell",
        "ultima|actual version|versao",
        "version|versao actual|atual",
        "derniere version",
        "what is new in",
    ])
});

/// What changes from day to day or week to week.
static CHANGING: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "the|todays|its|his|her|their|apples|googles latest|newest",
        "latest|newest|upcoming movie|movies|film|films|album|song|episode|season|iphone|phone|trend|trends|developments|research|book|game|games|tesla|laws|rules|regulations|guidelines|statistics|data|results",
        "this|next|last|past|coming week|month|year|season|quarter|semester",
        "most recent",
        "recent news|events|developments|changes|updates",
        "current events|affairs|status|state|situation|population|president|vice|prime|ceo|king|queen|pope|chancellor|governor|mayor|senator|minister|champion|champions|coach|manager|owner|leader|record|salary|minimum|version|trend|trends|members|standings|ranking|rankings|season|year|month|world|us|government|age|law|laws",
        "currently|nowadays|presently",
        "these days",
        "at|for the present|moment|time now|being",
        "who|what|which|where|is|are|how * now$",
        "up to date",
        "so far",
        "since yesterday|then",
        "trending|charts",
        "still alive|open|available|married|together|working|banned|legal|valid|in",
        "in stock",
        "derzeit|derzeitige|derzeitiger|momentan|aktuell|aktuelle|aktueller|aktuellen|gegenwartig",
        "diese|dieser|diesen|dieses woche|monat|jahr|wochenende",
        "esta|este|proxima|proximo semana|mes|ano",
        "actualmente|actual",
        "cette|ce|prochaine semaine|mois|annee",
        "actuellement|actuel|actuelle",
        "essa|neste|deste|nesta semana|mes|ano",
        "atualmente|atual",
    ])
});

/// Offices, records and ages.
static SLOWLY_CHANGING: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "who|whos is|the|are * president|ceo|cto|cfo|king|queen|pope|chancellor|governor|mayor|champion|champions|coach|manager|captain|owner|premier|senator|senators|host|director|speaker|chairman|chief",
        "who is|are|the * prime|foreign|finance|health|vice|chief minister|president|justice",
        "who is|are the richest|oldest|youngest|tallest|fastest|highest|most|number|best|worlds|leader|head|ruler",
        "who|what has|holds|have the most|record|largest|highest",
        "how old is|are",
        "net worth of",
        "population of",
        "what is|are * population|salary|net$",
        "minimum wage",
        "when is|does the next",
        "next election|olympics|eclipse|match|game|holiday|world|super|launch|full",
        "wer ist * prasident|prasidentin|kanzler|kanzlerin|bundeskanzler|bundeskanzlerin|konig|papst|chef|trainer|burgermeister|bundesprasident",
        "wie alt ist",
        "quien es * presidente|presidenta|rey|papa|ceo|alcalde|entrenador|gobernador",
        "qui est * president|presidente|roi|pape|premier|pdg|maire|entraineur|ministre",
        "quem e * presidente|rei|papa|ceo|governador|prefeito|tecnico",
    ])
});

#[cfg(test)]
mod tests {
    use super::{Freshness::*, *};
    use crate::cache::care::phrase::words;

    fn freshness(question: &str) -> Freshness {
        super::freshness(words(question))
    }

    #[test]
    fn what_depends_on_now_is_seen() {
        let table = [
            ("What's the weather in Paris?", Now),
            ("will it rain tomorrow", Now),
            ("What time is it in Tokyo?", Now),
            ("What is today's date?", Now),
            ("What day is it?", Now),
            ("current price of bitcoin", Now),
            ("What is Apple's stock price?", Now),
            ("stock price of NVIDIA", Now),
            ("Which stores are open right now?", Now),
            ("Give me the latest news about Tesla", Now),
            ("top headlines", Now),
            ("How many days until Christmas?", Now),
            ("how long until new year", Now),
            ("Who won the game last night?", Now),
            ("USD to EUR exchange rate today", Now),
            ("What's on TV tonight?", Now),
            ("Is the post office open tomorrow?", Now),
            ("What is the current temperature in Oslo?", Now),
            ("what is the score", Now),
            ("Write a summary of today's news", Now),
            ("Wie wird das Wetter morgen?", Now),
            ("Wie spät ist es?", Now),
            ("¿Qué hora es?", Now),
            ("¿Qué tiempo hace hoy en Madrid?", Now),
            ("Quelle heure est-il ?", Now),
            ("Quel temps fait-il aujourd'hui ?", Now),
            ("Que horas são?", Now),
            ("Qual é a cotação atual do dólar?", Now),
            ("What is the latest version of Python?", Soon(HOUR)),
            ("latest stable release of the Linux kernel", Soon(HOUR)),
            ("How do I install the latest version of Node?", Soon(HOUR)),
            ("What is happening with interest rates this week?", Now),
            ("Which films come out this month?", Soon(HOUR)),
            ("Who is the president now?", Soon(HOUR)),
            ("Who is currently the CEO of OpenAI?", Soon(HOUR)),
            ("What is the current population of India?", Soon(HOUR)),
            ("Was ist die aktuelle Version von Java?", Soon(HOUR)),
            ("Who is the president of France?", Soon(DAY)),
            ("How old is Madonna?", Soon(DAY)),
            ("Wer ist der Bundeskanzler?", Soon(DAY)),
            ("¿Quién es el presidente de México?", Soon(DAY)),
            ("Qui est le président de la France ?", Soon(DAY)),
        ];
        let wrong: Vec<_> =
            table.iter().filter(|(question, expected)| freshness(question) != *expected).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn what_holds_on_any_day_is_timeless() {
        let table = [
            "What is a current account?",
            "How does alternating current work?",
            "What is the current in a 5 ohm resistor at 10 V?",
            "Explain the present tense with examples",
            "today's date format function in SQL",
            "How do I get the current date in Python?",
            "Write a JavaScript function that returns tomorrow's date",
            "Excel formula for today's date",
            "Who wrote \"The Latest News\"?",
            "Who sang Yesterday?",
            "What is USA Today?",
            "Translate 'what is the weather today' into French",
            "Translate to German: the shop is closed tomorrow",
            "Rewrite this sentence: I will arrive today",
            "Write a poem about tomorrow",
            "Draft an email saying I can't come in today",
            "What is the difference between weather and climate?",
            "How is the weather in July in Greece?",
            "How do weather systems form?",
            "What is fake news?",
            "Submit the form by Friday at the latest",
            "What does nowadays mean?",
            "Who was the first president of the United States?",
            "How did the Roman Empire influence law today?",
            "Is Latin still relevant today?",
            "Why is empathy important in today's world?",
            "What is the stock market?",
            "How many days are there in a leap year?",
            "How many days are between May 1 and June 3?",
            "How does inflation work?",
            "Now that I have eggs, how do I make an omelette?",
            "How can I sleep better tonight?",
            "What is the capital of France?",
            "How do I reset my password?",
            "What is electric current?",
            "Define weather",
            "Was ist der Unterschied zwischen Wetter und Klima?",
            "¿Cuál es la capital de España?",
            "Qu'est-ce que le présent ?",
            "日本の首都はどこですか",
            "",
        ];
        let wrong: Vec<_> =
            table.iter().filter(|question| freshness(question) != Timeless).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
