//! Answers that decline to answer.

use std::sync::LazyLock;

use super::phrase::{Part, Phrases, words};

/// Characters of an answer that are looked at: who declines says so at once.
const OPENING_CHARACTERS: usize = 300;
/// Sentences of the opening that may say it, after an apology or a remark.
const OPENING_SENTENCES: usize = 3;
/// An answer longer than this, in bytes, that first says what it cannot know has more to say than that.
const LONG_ANSWER_BYTES: usize = 600;

/// Whether `answer` refuses, or says that it cannot know, instead of answering.
///
/// The speaker has to be the subject, at the beginning of a sentence: a character of a story who cannot help, or advice
/// on what one cannot do, is an answer. So is a long answer that begins with its limits.
pub fn declines(answer: &str) -> bool {
    let end = answer.char_indices().nth(OPENING_CHARACTERS).map_or(answer.len(), |(at, _)| at);
    let opening = &answer[..end];
    let sentences = opening.split_inclusive(['.', '!', '?', '\n', ';']);
    let spoken = sentences.map(words).filter(|words| !words.all().is_empty());
    spoken.take(OPENING_SENTENCES).any(|mut words| {
        HARMLESS.blank_out(&mut words);
        let words = without_preamble(words.all());
        REFUSAL.are_in(words) || answer.len() <= LONG_ANSWER_BYTES && IGNORANCE.are_in(words)
    })
}

/// Without the apologies and turns that come before the subject.
fn without_preamble(words: Part<'_>) -> Part<'_> {
    let mut rest = words;
    while let Some(length) = PREAMBLE.length_at_start(rest).filter(|length| *length > 0) {
        rest = rest.after(length);
    }
    rest
}

static PREAMBLE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "^i am so|very|really|truly|terribly sorry|afraid",
        "^i am sorry|afraid|unfortunately for|about any|the|that confusion|inconvenience",
        "^i am sorry|afraid",
        "^i apologize|apologise|regret for|about any|the confusion|inconvenience|misunderstanding",
        "^i apologize|apologise|regret|understand",
        "^we are sorry|apologize",
        "^my apologies",
        "^sorry|apologies|unfortunately|regrettably|but|however|and|that|to|hello|hi|hey|well|oh|thanks|thank|you|currently|please|note|at|this|time|moment",
        "^as an|a * ai|artificial|language|virtual|large language|model|assistant|intelligence|ai * model|assistant|chatbot",
        "^as an|a ai|llm|assistant|chatbot|bot",
        "^being an ai",
        "^say|inform|tell you",
        "^es|tut|mir leid|tut mir|leid",
        "^mir|leid|leider|entschuldigung|aber|ich|verzeihung|bedaure",
        "^als * ki|sprachmodell|modell|assistent",
        "^sprachmodell|modell",
        "^lo siento|lamento",
        "^siento|lamento|lamentablemente|desafortunadamente|perdon|disculpa|disculpe|pero|mucho",
        "^como * ia|modelo|inteligencia|asistente|assistente * linguagem|lenguaje|artificial|idioma",
        "^je suis|regrette desole|desolee",
        "^desole|desolee|malheureusement|mais|navre|pardon",
        "^en tant que|quia|quintelligence|quassistant|qu|que * ia|modele|assistant|artificielle|langage",
        "^en tant quia",
        "^sinto muito",
        "^desculpe|infelizmente|mas|lamento",
    ])
});

/// Inability that is none.
static HARMLESS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "can not help but|feeling|laughing|noticing|thinking|smiling|it|myself|falling|wondering|being",
        "can not wait|believe|stop|stand|imagine|remember|live|sleep|agree",
        "can not recommend|praise|thank|stress|say|overstate|emphasize * enough",
        "can not provide|give * without",
        "i do not have any|a preference|problem|objection",
        "i do not know if|whether you|i",
    ])
});

/// The request is refused.
static REFUSAL: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "^i|we can|will|could|must not * help|assist|comply|fulfill|fulfil|provide|generate|create|produce|write|engage|support|discuss|answer|respond|share|offer|give|continue|do|participate|complete|process|facilitate|endorse|advise|encourage|promote|recommend|accommodate|satisfy",
        "^i|we am|are not * able|allowed|permitted|comfortable|programmed|designed|authorized|willing|going|equipped to|with|discussing|providing|helping|assisting|writing",
        "^i|we am|are unable|unwilling|prohibited to|from",
        "^i|we must|have|need|will|would|choose|prefer * decline|refuse|refrain|abstain",
        "^i|we decline|refuse to",
        "^i|we would|will rather not",
        "^i|we do not * feel|think * comfortable|appropriate|right",
        "^i|we not able|unable to",
        "^unable to help|assist|provide|comply|fulfill|answer|process",
        "^can not help|assist|comply|provide|do|fulfill with|you|that|this|the",
        "^not able|possible to|for * help|assist|comply|me",
        "^it is|would * not * appropriate|possible|ethical for|to me|for|provide|assist|help",
        "^it|that|this goes|is|would|violates|violate * against|violate|policy|policies|guidelines|guideline",
        "your|the|this request|prompt|content|query|response|message was|is|has|violates|goes * filtered|blocked|flagged|rejected|policy|policies|guidelines|against",
        "the response was filtered|blocked",
        "content management policy",
        "^i|we can only help|assist|answer|discuss",
        "against|violates|violate|outside my|our|the * guidelines|policy|policies|programming|principles|scope",
        // German
        "^kann|darf|konnen|werde|mochte ich|wir|dir|ihnen|dabei|das|diese|dieser|nicht|keine|leider * nicht|keine|kein|keinen * helfen|unterstutzen|beantworten|geben|bereitstellen|erfullen|nachkommen|anbieten|schreiben|erstellen|weiterhelfen",
        "^kann|darf|dabei|damit|das|diese * kann|darf|ich|nicht|keine * nicht|helfen|beantworten|geben|nachkommen|weiterhelfen",
        "^bin|habe * nicht|keinen * lage|zugriff|zugang|befugt|moglich",
        "^ist es mir nicht moglich",
        // Spanish, Portuguese
        "^no|nao|yo|eu * puedo|podemos|posso|podemos|pude|consigo * ayudar|ayudarte|ayudarle|ayudarlo|ayudar|proporcionar|responder|cumplir|ofrecer|brindar|generar|ajudar|ajuda|fornecer|atender|gerar|asistir|asistirte|compartir|crear|escribir|criar|escrever|proporcionarte",
        "^no|nao puedo|posso con|com|hacer|fazer eso|isso",
        "^no|nao me|e es|possivel|posible",
        "^no|nao tengo|tenho * acceso|acesso|permitido",
        // French
        "^je ne peux|puis|pourrai|suis|saurais * pas|aider|fournir|repondre|en",
        "^je nai pas acces",
    ])
});

/// The speaker cannot know.
static IGNORANCE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "^i|we do|did not * have|possess * access|ability|capability|capacity|information|data|knowledge|details|real|realtime|opinions|opinion|feelings|emotions|personal|preferences|beliefs|consciousness|up|browsing|specific|any|enough|context|record|memory|visibility",
        "^i|we can not * access|browse|see|view|look|check|retrieve|verify|tell|open|search|find|determine|confirm|predict|know|provide|give|recall|play|hear|feel|express",
        "^i|we do not know",
        "^i|we do not|could|can * not|find|locate * find|any|information|answer",
        "^i|we am|are not * sure|aware|familiar|certain",
        "^i|we have no access|information|knowledge|way|data|idea|record|real|memory|ability|personal|opinion",
        "^i|we lack access|the|real",
        "my knowledge|training cutoff|cut|data|only * not|cutoff|only",
        "^there is no|not * information|enough * available|provided|context|answer|given",
        "^the|this|your provided|given|context|document|documents|text|information|passage * does|do not * contain|mention|provide|specify|include|say",
        "^weiss * nicht",
        "^habe * keine|keinen|nicht * information|informationen|zugriff|zugang|daten|kenntnis",
        "^no|nao se|sei|tengo|tenho * respuesta|informacion|informacao|suficiente|acceso|acesso|datos|dados",
        "^no|nao|no lo se|sei$",
        "^je ne sais|dispose|connais pas",
        "^je nai pas|aucune * acces|information|informations|donnees",
    ])
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_seen() {
        let table = [
            "I'm sorry, but I can't assist with that.",
            "I'm sorry, but I can’t assist with that request.",
            "I cannot help with that.",
            "As an AI language model, I don't have access to real-time data.",
            "As an AI language model I don't have access to real-time information, so please check a weather site.",
            "Sorry, I can't help with that. Is there something else?",
            "I'm unable to provide medical advice.",
            "Unfortunately, I am not able to browse the internet.",
            "I apologize, but I cannot fulfill this request.",
            "I can't provide instructions for making weapons.",
            "I won't write that.",
            "I must decline this request.",
            "I'm afraid I can't do that.",
            "The response was filtered due to the prompt triggering our content management policy.",
            "Your request was rejected as a result of our safety system and guidelines.",
            "I do not have personal opinions or beliefs.",
            "I don't know.",
            "I'm not sure what you mean.",
            "I cannot see your account or order details.",
            "I have no information about that.",
            "The provided context does not contain an answer.",
            "Hello! I'm sorry, I am unable to access your files.",
            "It would not be appropriate for me to comment.",
            "Es tut mir leid, aber ich kann Ihnen dabei nicht helfen.",
            "Leider kann ich diese Frage nicht beantworten.",
            "Als KI-Sprachmodell habe ich keinen Zugriff auf Echtzeitdaten.",
            "Lo siento, pero no puedo ayudarte con eso.",
            "Lo siento, no puedo responder a esa pregunta.",
            "Je suis désolé, mais je ne peux pas vous aider avec cela.",
            "En tant qu'IA, je n'ai pas accès aux données en temps réel.",
            "Desculpe, mas não posso ajudar com isso.",
            "Sinto muito, não tenho acesso a essa informação.",
        ];
        let missed: Vec<_> = table.iter().filter(|answer| !declines(answer)).collect();
        assert!(missed.is_empty(), "{missed:#?}");
    }

    #[test]
    fn answers_are_none() {
        let long =
            format!("I don't have access to live data. As of 2023: {}", "a fact. ".repeat(100));
        let table = [
            "Paris is the capital of France.",
            "\"I can't help you,\" said the wizard, and left.",
            "I can't believe how good this cake is! Here is the recipe.",
            "I can't help but admire the question. The answer is 4.",
            "I can't recommend this book enough.",
            "You can't assign to a constant in Rust; use let mut instead.",
            "Sorry to hear that! You can return the item within 30 days.",
            "I'm sorry to hear about your loss. Grief takes time.",
            "No, you cannot cancel the order once it has shipped.",
            "Unfortunately, this product is no longer available.",
            "Unfortunately, Python does not support this. You cannot overload functions by type.",
            "The knight cried out: I cannot help you! And the dragon laughed.",
            "He said he was unable to help.",
            "Access is denied because the token has expired. Request a new one.",
            "An AI language model predicts the next word.",
            "As an assistant manager, you have to plan shifts.",
            "To refuse a request politely, say: I'm afraid I can't help with that.",
            "Sure! Here is a poem about the sea.",
            "I can help with that. First, open the settings.",
            "I'd be happy to help. What is your order number?",
            "It is not possible to divide by zero.",
            "The policy covers water damage.",
            "Es tut mir leid, das zu hören. Sie können den Artikel zurückgeben.",
            "No, la tienda está cerrada los domingos.",
            "Je suis ravi de vous aider.",
            "4",
            "",
            long.as_str(),
        ];
        let wrong: Vec<_> = table.iter().filter(|answer| declines(answer)).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
