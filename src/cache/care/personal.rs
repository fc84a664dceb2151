//! Questions about the caller's own affairs, whose answer is nobody else's.

use std::sync::LazyLock;

use super::phrase::{Phrases, Words};

/// Whom an answer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Personal {
    /// As far as the words tell, for everybody who asks so.
    No,
    /// For the caller alone: its order, its balance, what it said before.
    Account,
}

/// Whom the answer to a question of these words is for.
///
/// A procedure ("how do I cancel my order") is for everybody, unless the question names the order. Wrongly seeing an
/// account costs no more than sharing the answer.
pub(super) fn personal(mut words: Words) -> Personal {
    HARMLESS.blank_out(&mut words);
    let words = words.all();
    let is_account = IDENTIFIED.are_in(words)
        || SAID_BEFORE.are_in(words)
        || STATE.are_in(words)
        || !PROCEDURE.are_in(words) && POSSESSION.are_in(words);
    if is_account { Personal::Account } else { Personal::No }
}

/// First persons that are no account.
static HARMLESS: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "order by",
        "my order of preference|operations",
        "my code|function|script|program|query|class|app|database|table|schema|server|website|model|dataset",
        "^translate|rewrite|rephrase|paraphrase|proofread|summarize|summarise|correct _ _ _ _ _ _ _ _",
        "^translate|rewrite|rephrase|paraphrase|proofread|correct * my * $",
        "how * say|ask _ my _",
        "do i have to|a right|rights|an obligation",
        "my card game|deck|trick|tricks",
        "my account executive",
    ])
});

/// A procedure or a policy is asked for, which serves all.
static PROCEDURE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "how do|can|could|should|would|might i|we|you|one",
        "how to",
        "^can|could|may|should|must i|we",
        "^do|would i|we need|have to",
        "what do i need|have to|do",
        "what should|must|can|could i",
        "what happens|if",
        "what is the best|easiest|fastest|right|correct way|process|procedure|method|steps",
        "what are the|your steps|requirements|options|ways|procedures|rules",
        "where can|do|should|could|would i|we",
        "who do|should|can i contact|call|ask|write",
        "is it possible",
        "is there a|any way|possibility|option|fee|charge|penalty|limit",
        "tell|show|teach|explain|advise|guide|instruct * how",
        "help|assistance|assist|information|info|instructions|guidance|steps * how|about|with|to|for|on|regarding|changing|canceling|cancelling|tracking|updating",
        "i * need|want|would|like|know|learn how to",
        // German
        "wie kann|konnte|soll|muss|darf|andere|kundige|storniere|losche|setze|bekomme|finde|erstelle|aktiviere|aktualisiere ich|man|wir",
        "wo|wann|womit kann|finde|sehe|bekomme ich",
        "^kann|darf|soll|muss ich",
        "was muss|soll|kann ich",
        "was passiert",
        "gibt es eine",
        // Spanish, Portuguese
        "como puedo|podria|hago|cambio|cancelo|se|debo|puedo|posso|faco|faz|devo|cancelar|cambiar|mudar|alterar|recupero|restablezco|redefinir",
        "donde|onde puedo|posso|encuentro|encontro|veo|vejo",
        "^puedo|posso|se|e|es puede|possivel|posible|cancelar",
        "que pasa|debo|acontece si|se|hacer|fazer",
        // French
        "comment puis|faire|dois|peut|annuler|changer|modifier|reinitialiser|supprimer|suivre|resilier|je|on",
        "ou puis|est",
        "^puis|est ce|je que",
        "que se passe",
    ])
});

/// A thing of which everybody has their own, by whom it belongs to.
static POSSESSION: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "my order|orders|purchase|purchases|cart|basket|wishlist|package|packages|parcel|parcels|shipment|delivery|deliveries|tracking|shipping",
        "my balance|balances|account|accounts|statement|statements|transaction|transactions|transfer|transfers|deposit|withdrawal|paycheck|salary|payroll|spending|credit|debit|bank|savings|checking|card|cards|loan|mortgage|limit|iban|pin",
        "my payment|payments|refund|refunds|invoice|invoices|bill|bills|charge|charges|fee|fees|receipt|top|cashback|reward|rewards|points|miles|voucher|coupon|gift",
        "my subscription|subscriptions|membership|plan|contract|license|licence|renewal|trial|quota|usage|data|policy|insurance|coverage|claim|claims|premium|deductible|warranty",
        "my reservation|reservations|booking|bookings|flight|ticket|tickets|seat|itinerary|hotel|appointment|appointments|meeting|meetings|calendar|schedule|agenda|reminders|reminder|alarm|alarms|todo|shopping|playlist|inbox|notifications",
        "my application|case|complaint|request|enrollment|registration|prescription|prescriptions|results|diagnosis|grade|grades|score|scores|test|exam|transcript|tax|taxes|w2|pto|benefits|username|login|profile|address",
        "my last|latest|next|previous|recent|upcoming|current|pending|new|monthly|american|visa|online|existing|remaining|available|direct|old * order|orders|purchase|package|payment|payments|refund|bill|balance|account|transaction|transactions|transfer|card|subscription|plan|booking|flight|appointment|deposit|paycheck|claim|invoice|statement|limit",
        "my _ order|balance|balances|account|accounts|card|bill|payment|refund|package|statement|transaction|transactions|subscription|score|flight|appointment|reservation|deductible|limit",
        // German
        "mein|meine|meinen|meiner|meinem|meines bestellung|bestellungen|paket|sendung|lieferung|konto|kontostand|guthaben|zahlung|zahlungen|uberweisung|uberweisungen|rechnung|rechnungen|erstattung|ruckerstattung|karte|kreditkarte|buchung|reservierung|abo|abonnement|vertrag|tarif|versicherung|antrag|termin|termine|flug|ticket|punkte|kredit|passwort|adresse|gehalt",
        // Spanish, Portuguese
        "mi|mis pedido|pedidos|paquete|envio|entrega|cuenta|saldo|pago|pagos|transferencia|reembolso|factura|facturas|tarjeta|reserva|vuelo|cita|suscripcion|contrato|plan|seguro|solicitud|prestamo|puntos|compra|contrasena|direccion|nomina",
        "meu|meus|minha|minhas pedido|pedidos|pacote|encomenda|entrega|conta|saldo|pagamento|pagamentos|transferencia|reembolso|fatura|faturas|cartao|reserva|voo|consulta|assinatura|contrato|plano|seguro|solicitacao|emprestimo|pontos|compra|senha|endereco|salario",
        // French
        "ma|mon|mes commande|commandes|colis|livraison|compte|comptes|solde|paiement|paiements|virement|remboursement|facture|factures|carte|reservation|vol|rendez|abonnement|contrat|forfait|assurance|demande|pret|points|achat|adresse|salaire",
    ])
});

/// The caller's state, whoever asks how.
static STATE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "am i eligible|registered|subscribed|enrolled|covered|insured|approved|qualified|entitled|overdue|late|booked|logged|signed|verified|banned|blocked|owed|paid|scheduled|invited|due|overdrawn|still",
        "where|who am i",
        "do|did|will i owe|qualify",
        "do i have any|a|an|enough|some|anything|unread|new|pending|money * order|orders|message|messages|meeting|meetings|appointment|appointments|reminder|reminders|email|emails|event|events|payment|payments|points|credit|credits|bill|bills|alarm|alarms|money|left|package|packages|subscription|account|reservation|loan|days|balance|scheduled|planned|today|tomorrow|vacation|pto",
        "how much|many * do|did|have|am|will|can|should i * owe|owed|owing|have|spend|spent|paid|pay|earn|earned|use|used|left|saved|accrued|withdraw",
        "how much|many * i * left|remaining",
        "i|we have in|left|available|accumulated|accrued|used|earned",
        "have i accumulated|accrued|used|earned|spent|saved|made|received|ordered|booked",
        "i ordered * when|where",
        "i owe",
        "did|have|has|was i|we * pay|paid|charged|order|ordered|receive|received|cancel|cancelled|canceled|subscribe|book|booked|send|sent|billed|debited|get * $",
        "did|has|have|was|were|is|are|when|why|where|will my order|orders|payment|payments|refund|package|parcel|transfer|transaction|card|account|booking|reservation|flight|application|claim|deposit|subscription|delivery|appointment|check|paycheck|bill|invoice|statement|balance|shipment|top",
        "why was|am|were|have|did i|you * charged|charge|billed|bill|debited|declined|blocked|suspended|banned|locked|rejected|denied",
        "what is|are|was|were my balance|order|orders|account|name|plan|bill|score|limit|address|status|rate|apr|credit|routing|next|last|current|remaining|birthday|age|ip|email|phone|password|pin|pto",
        "what is * on|in my account|card|cart|calendar|schedule|list|todo|agenda|statement|bill|order",
        "status|whereabouts|location of|on my|the|an|order|purchase|package|refund|shipment my|order|refund|purchase|package|shipment|application|claim|payment|delivery",
        "^cancel|close|delete|freeze|unfreeze|block|pause|renew|activate|deactivate|check|track|show|pay|transfer|change|update|upgrade|downgrade|refund|return|reschedule|list|read|find|get|unlock|view|see|give * my _",
        "^please|can|could|would you|please * cancel|close|delete|freeze|block|pause|renew|activate|check|track|pay|transfer|refund|reschedule|unlock|look * my order|orders|account|card|subscription|booking|reservation|payment|payments|flight|appointment|refund|bill|plan|membership|balance|package|purchase",
        "i * not received|receive|gotten|got * my|the|a refund|order|package|card|payment|money|parcel|invoice|delivery|email|code|confirmation",
        "my * has|have|is|was|still|did * not arrived|arrive|come|working|showing|posted|processed|pending|declined|delivered|received|missing|late|lost|here",
        // German
        "bin ich berechtigt|versichert|registriert|angemeldet|eingeloggt|gesperrt|noch",
        "wo ist|bleibt|sind mein|meine",
        "wie hoch|viel * mein|meine|schulde",
        "warum wurde|bin ich|mir|mein|meine",
        "habe ich * bezahlt|bestellt|gebucht|erhalten|gekundigt|offene|termine",
        "^storniere|kundige|sperre|zeige|prufe|losche|andere * mein|meine|meinen",
        // Spanish, Portuguese
        "donde|onde esta|estan|estao mi|mis|meu|minha|o|a * pedido|paquete|encomenda|pacote|reembolso|pago",
        "cuanto|cuantos|quanto|quantos * debo|tengo|devo|tenho",
        "por que me cobraron|cobraram",
        "cual|qual es|e mi|meu|o|minha meu|saldo",
        "soy|sou elegible|elegivel",
        "^cancela|cancele|muestra|muestrame|mostre|bloquea|bloqueie * mi|mis|meu|minha",
        // French
        "ou est|sont|en ma|mon|mes|est",
        "combien * je * dois|ai|reste|dois",
        "suis je eligible|inscrit|assure|couvert",
        "pourquoi ai je|suis * ete|preleve|facture|debite",
        "^annule|annulez|montre|montrez|bloque|bloquez|resilie|resiliez * ma|mon|mes",
    ])
});

/// One order among many, by its number.
static IDENTIFIED: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "order|orders|purchase|invoice|booking|reservation|ticket|case|claim|tracking|shipment|package|parcel|account|transaction|payment|refund|policy|bestellung|rechnung|pedido|factura|commande|facture|encomenda|fatura * #",
    ])
});

/// What was said before, outside the words that are matched.
static SAID_BEFORE: LazyLock<Phrases> = LazyLock::new(|| {
    Phrases::new(&[
        "what|which|when * did|have|had i|we * say|said|ask|asked|tell|told|mention|mentioned|talk|talked|discuss|discussed|write|wrote|upload|uploaded",
        "do|did|can you remember|recall * me|my|what|our|when|i|we",
        "my|our last|previous|first|earlier|original|second question|message|messages|conversation|conversations|prompt|request|chat|point",
        "as|like|what i|you said|mentioned|told|asked|wrote",
        "you said|told|mentioned|promised * me|earlier|before|that",
        "we talked|discussed|spoke * about|earlier|before",
        "was habe|hatte ich * gesagt|gefragt|geschrieben",
        "que te|le|he|eu dije|pregunte|dicho|disse|perguntei",
        "qu|quest|que ai|ce * je dit|demande",
    ])
});

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cache::care::phrase::words;

    fn personal(question: &str) -> Personal {
        super::personal(words(question))
    }

    #[test]
    fn own_affairs_are_the_callers_alone() {
        let table = [
            "Where is my order?",
            "What's my balance?",
            "what is the balance on my checking account",
            "Am I eligible for the student discount?",
            "Did my payment go through?",
            "What did I say before?",
            "Cancel my subscription",
            "Please cancel my order",
            "Can you check my account?",
            "When will my package arrive?",
            "Why was I charged twice?",
            "How much do I owe?",
            "How many vacation days do I have left?",
            "I haven't received my refund",
            "My card still hasn't arrived",
            "Show me my recent transactions",
            "status of my application",
            "How do I cancel order 48213?",
            "Can I still return order #A-99120?",
            "Do you remember what I told you about my dog?",
            "What was my last question?",
            "Do I have any meetings tomorrow?",
            "What is on my calendar",
            "What is my name?",
            "Who am I?",
            "Have I paid the invoice?",
            "Is my flight on time?",
            "Wo ist meine Bestellung?",
            "Wie hoch ist mein Kontostand?",
            "Bin ich versichert?",
            "¿Dónde está mi pedido?",
            "¿Cuál es mi saldo?",
            "Où est ma commande ?",
            "Combien est-ce que je dois ?",
            "Onde está minha encomenda?",
        ];
        let wrong: Vec<_> =
            table.iter().filter(|question| personal(question) != Personal::Account).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn procedures_and_other_first_persons_serve_all() {
        let table = [
            "How do I reset my password?",
            "How can I cancel my subscription?",
            "how to change my shipping address",
            "Can I cancel my order after it has shipped?",
            "Where can I see my invoices?",
            "What should I do if my card is stolen?",
            "What happens if my package gets lost?",
            "Is it possible to change my plan?",
            "I need help to cancel my order",
            "I want to know how to close my account",
            "My dog won't eat, what can I do?",
            "Why does my code throw a null pointer exception?",
            "How do I sort my table with ORDER BY?",
            "Write a birthday card for my wife",
            "My computer is slow",
            "Help me with my essay about Rome",
            "I have a headache, what helps?",
            "How do I fix my washing machine?",
            "What should I cook for my family?",
            "Am I wrong to be angry?",
            "Can I eat raw eggs?",
            "What is a balance sheet?",
            "What is the status of the Ukraine aid bill?",
            "Wie kann ich mein Passwort ändern?",
            "Wo finde ich meine Rechnung?",
            "¿Cómo puedo cancelar mi pedido?",
            "Comment puis-je annuler ma commande ?",
            "Como posso cancelar minha assinatura?",
            "What is the capital of France?",
            "Who was Napoleon?",
            "私の犬は食べません",
            "",
        ];
        let wrong: Vec<_> =
            table.iter().filter(|question| personal(question) != Personal::No).collect();
        assert!(wrong.is_empty(), "{wrong:#?}");
    }
}
