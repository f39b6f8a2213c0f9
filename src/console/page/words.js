// What the page says, in English and in French.

const ENGLISH = {
  skip: "Skip to the content", views: "Views", language: "Language", reset: "Reset…",
  payments: "Payments", handset: "Handset", callbacks: "Callbacks", audit: "Audit", scenario: "Scenario",
  connected: "live", disconnected: "connection lost, trying again",
  token: "Control token", go_on: "Continue", token_wrong: "That was not the token. Try again.",
  token_why: "This emulator asks for its control token: the one set with --control-token, or printed at startup.",
  locked: "The control token is missing.", locked_sign: "locked", unlock: "Enter the control token…",
  unreachable: "The emulator does not answer.", unknown: "unknown",
  reset_title: "Delete all transactions?",
  reset_why: "Transactions, balances and the journal are deleted. API users and keys stay.",
  reset_yes: "Delete all", cancel: "Cancel", reset_done: "1 transaction deleted|{count} transactions deleted",
  copy: "Copy", copied: "Copied",
  any_status: "any status", any_product: "any product", any_space: "all API users",
  status: "Status", product: "Product", party: "Party", reference: "Reference", space: "API user",
  stars: "* stands for anything", list: "List of payments", clear: "Show all",
  find: "Find", find_why: "The beginning of a reference id; part of an external id, a party or a reason",
  shown: "{shown} of {total}", older: "Older", newest: "Newest",
  when: "Time", operation: "Operation", amount: "Amount", callback: "Callback", queries: "Status checks",
  nothing_fits: "Nothing matches this filter.",
  clock: "Clock", pause: "Pause", run: "Run", advance: "Advance", advance_by: "Advance by", next: "Next event", standing: "paused",
  happened: "1 event fired|{count} events fired",
  ringing: "Payment request", nobody: "No payment is waiting.", pin: "PIN", approve: "Approve", decline: "Decline", expire: "Let it expire",
  pin_why: "Any 4 digits or more", more: "{count} more waiting", too_late: "This payment was settled elsewhere.", settled: "{status}",
  start_title: "Point your program here", start_1: "Use this as the base URL",
  start_2: "Create an API user and its key: any UUID, any subscription key", start_3: "Get a token, and ask a payer for money",
  start_why: "Payments appear here as they arrive.", api_users_there: "Existing API users",
  back: "All payments", request: "Request", plan: "Plan", time_line: "Time line", decided_by: "Decided by",
  rule_of: "rule {rule} of {scenario}", by_default: "no rule: as an ordinary payment", test_value: "MTN's test value: {value}",
  ledger: "Why it fails: the ledger", overruled: "overridden: {why}", missed: "Rules that did not match", missed_for: ": {missed} does not match",
  accepted: "accepted", callback_due: "callback due", callback_sent: "callback sent", callback_lost: "callback lost",
  callback_answered: "answered {status}", callback_failed: "failed: {error}", merchant_asks: "merchant asks", times: "{count} times",
  told: "told {status}", planned: "planned", after: "after {time}",
  status_body: "GET response", callback_attempts: "Callbacks", no_callback: "No callback went out.",
  sent_at: "sent", took: "took {time}", answer: "Answer", try_it: "Try it yourself", try_why: "Put your token in $TOKEN.",
  url: "Callback URL", external_id: "External id", accepted_at: "Accepted", reason: "Reason",
  not_found: "There is no such payment. It may have been deleted, or evicted to make room.",
  refused_title: "Refused request", refused_why: "The emulator refused this request, so there is no payment.",
  evicted: "The journal has dropped older entries: the merchant's status checks of that time are missing here.",
  callback_is_waiting: "waiting", callback_is_sent: "sent",
  fate_not_requested: "not requested", fate_lost: "lost", fate_sent: "sent",
  callbacks_why: "Callbacks as they went out, were answered, or were lost. The newest are first.", no_callbacks: "No callback yet.",
  event: "Event", detail: "Detail",
  audit_why: "What the merchant's program did, judged by what the emulator saw.",
  collected: "taken from payers", never_learnt: "the merchant never found out about", charged_twice: "charged twice",
  refunded: "given back to payers", payouts_returned: "payouts given back", returns_never_learnt: "payouts given back, never found out about",
  payouts_never_learnt: "payouts never found out about", rule: "Rule", verdict: "Verdict", seen: "Finding", remedy: "Remedy",
  pass: "pass", fail: "FAIL", not_exercised: "not tested", incomplete: "incomplete", none: "none", rules: "Rules of the audit",
  scenario_why: "Rules: the first match wins. It applies to what is accepted from now on.",
  in_force: "In force", in_force_now: "In force: {names}", draft: "Not in force yet. This text stays here until you apply or discard it.", discard: "Discard",
  begin_with: "Begin with", applies_to: "For", apply: "Apply", restore: "Restore startup scenario",
  editor: "Scenario, in TOML", applied: "In force: {name}", restored: "Startup scenario restored", line: "Line {line}",
  problems: "1 problem; the scenario in force stays|{count} problems; the scenario in force stays", warnings: "In force, with 1 warning|In force, with {count} warnings",
  requests: "Requests", requests_why: "What programs asked of the emulated API. Refused requests are first, each with why.",
  no_requests: "No request yet.", http_status: "HTTP", why: "Why",
  refused_of: "{refused} refused, of {total}", only_refused: "1 request came, and was refused|{count} requests were refused",
  is_delivered: "delivered", is_duplicate: "duplicate", is_late: "late", is_early: "early",
  is_answered_4xx: "answered 4xx", is_answered_5xx: "answered 5xx", is_redirected: "redirected", is_broken_off: "broken off",
  is_timed_out: "timed out", is_refused: "refused", is_lost: "lost", is_malformed: "malformed", is_contradicts_status: "contradicts the status",
  is_forged: "forged",
};

const FRENCH = {
  skip: "Aller au contenu", views: "Vues", language: "Langue", reset: "Remettre à zéro…",
  payments: "Paiements", handset: "Téléphone", callbacks: "Callbacks", audit: "Audit", scenario: "Scénario",
  connected: "en direct", disconnected: "connexion perdue, nouvel essai",
  token: "Jeton de contrôle", go_on: "Continuer", token_wrong: "Ce n’était pas le bon jeton. Réessayez.",
  token_why: "Cet émulateur demande son jeton de contrôle : celui donné par --control-token, ou affiché au démarrage.",
  locked: "Le jeton de contrôle manque.", locked_sign: "verrouillé", unlock: "Saisir le jeton de contrôle…",
  unreachable: "L’émulateur ne répond pas.", unknown: "inconnue",
  reset_title: "Supprimer toutes les transactions ?",
  reset_why: "Les transactions, les soldes et le journal sont supprimés. Les utilisateurs d’API et leurs clés restent.",
  reset_yes: "Tout supprimer", cancel: "Annuler", reset_done: "{count} transaction supprimée|{count} transactions supprimées",
  copy: "Copier", copied: "Copié",
  any_status: "tout statut", any_product: "tout produit", any_space: "tous les utilisateurs d’API",
  status: "Statut", product: "Produit", party: "Numéro", reference: "Référence", space: "Utilisateur d’API",
  stars: "* remplace tout", list: "Liste des paiements", clear: "Tout afficher",
  find: "Rechercher", find_why: "Le début d’une référence ; une partie d’un identifiant externe, d’un numéro ou d’un motif",
  shown: "{shown} sur {total}", older: "Plus anciens", newest: "Plus récents",
  when: "Heure", operation: "Opération", amount: "Montant", callback: "Callback", queries: "Consultations",
  nothing_fits: "Rien ne correspond à ce filtre.",
  clock: "Horloge", pause: "Pause", run: "Reprendre", advance: "Avancer", advance_by: "Avancer de", next: "Événement suivant", standing: "en pause",
  happened: "{count} événement|{count} événements",
  ringing: "Demande de paiement", nobody: "Aucun paiement n’attend.", pin: "Code PIN", approve: "Accepter", decline: "Refuser", expire: "Laisser expirer",
  pin_why: "4 chiffres ou plus", more: "encore {count} en attente", too_late: "Ce paiement a été réglé ailleurs.", settled: "{status}",
  start_title: "Dirigez votre programme ici", start_1: "Prenez ceci comme URL de base",
  start_2: "Créez un utilisateur d’API et sa clé : tout UUID, toute clé d’abonnement", start_3: "Prenez un jeton, et demandez un paiement",
  start_why: "Les paiements apparaissent ici dès qu’ils arrivent.", api_users_there: "Utilisateurs d’API présents",
  back: "Tous les paiements", request: "Requête", plan: "Plan", time_line: "Chronologie", decided_by: "Décidé par",
  rule_of: "règle {rule} de {scenario}", by_default: "aucune règle : comme un paiement ordinaire", test_value: "valeur de test de MTN : {value}",
  ledger: "Pourquoi l’échec : le grand livre", overruled: "écarté : {why}", missed: "Règles qui ne s’appliquent pas", missed_for: " : {missed} ne correspond pas",
  accepted: "acceptée", callback_due: "callback prévu", callback_sent: "callback envoyé", callback_lost: "callback perdu",
  callback_answered: "réponse {status}", callback_failed: "échec : {error}", merchant_asks: "le marchand demande", times: "{count} fois",
  told: "réponse {status}", planned: "prévu", after: "après {time}",
  status_body: "Réponse au GET", callback_attempts: "Callbacks", no_callback: "Aucun callback n’est parti.",
  sent_at: "envoyé", took: "a pris {time}", answer: "Réponse", try_it: "Essayez vous-même", try_why: "Mettez votre jeton dans $TOKEN.",
  url: "URL de callback", external_id: "Identifiant externe", accepted_at: "Acceptée", reason: "Motif",
  not_found: "Ce paiement n’existe pas. Il a pu être supprimé, ou évincé pour faire de la place.",
  refused_title: "Requête refusée", refused_why: "L’émulateur a refusé cette requête : il n’y a donc pas de paiement.",
  evicted: "Le journal a évincé des entrées anciennes : les consultations du marchand de cette période manquent ici.",
  callback_is_waiting: "en attente", callback_is_sent: "envoyé",
  fate_not_requested: "non demandé", fate_lost: "perdu", fate_sent: "envoyé",
  callbacks_why: "Les callbacks envoyés, leurs réponses, et ceux qui se sont perdus. Les plus récents d’abord.", no_callbacks: "Pas encore de callback.",
  event: "Événement", detail: "Détail",
  audit_why: "Ce qu’a fait le programme du marchand, d’après ce que l’émulateur a vu.",
  collected: "débité aux payeurs", never_learnt: "inconnu du marchand", charged_twice: "débité deux fois",
  refunded: "rendu aux payeurs", payouts_returned: "versements rendus", returns_never_learnt: "versements rendus, inconnus du marchand",
  payouts_never_learnt: "versements inconnus du marchand", rule: "Règle", verdict: "Verdict", seen: "Constat", remedy: "Remède",
  pass: "réussie", fail: "échec", not_exercised: "non testée", incomplete: "incomplète", none: "aucun", rules: "Règles de l’audit",
  scenario_why: "Des règles, la première qui convient l’emporte. Elles valent pour ce qui est accepté désormais.",
  in_force: "En vigueur", in_force_now: "En vigueur : {names}", draft: "Pas encore en vigueur. Ce texte reste ici jusqu’à ce que vous l’appliquiez ou l’abandonniez.", discard: "Abandonner",
  begin_with: "Partir de", applies_to: "Pour", apply: "Appliquer", restore: "Rétablir le scénario de départ",
  editor: "Scénario, en TOML", applied: "En vigueur : {name}", restored: "Scénario de départ rétabli", line: "Ligne {line}",
  problems: "{count} erreur ; le scénario en vigueur le reste|{count} erreurs ; le scénario en vigueur le reste",
  warnings: "En vigueur, {count} avertissement|En vigueur, {count} avertissements",
  requests: "Requêtes", requests_why: "Ce que les programmes ont demandé à l’API émulée. Les requêtes refusées d’abord, avec la raison.",
  no_requests: "Pas encore de requête.", http_status: "HTTP", why: "Pourquoi",
  refused_of: "{refused} refusées, sur {total}", only_refused: "{count} requête a été refusée|{count} requêtes ont été refusées",
  is_delivered: "remis", is_duplicate: "en double", is_late: "en retard", is_early: "trop tôt",
  is_answered_4xx: "réponse 4xx", is_answered_5xx: "réponse 5xx", is_redirected: "redirigé", is_broken_off: "interrompu",
  is_timed_out: "délai dépassé", is_refused: "refusé", is_lost: "perdu", is_malformed: "mal formé", is_contradicts_status: "contredit le statut",
  is_forged: "falsifié",
};

export const LANGUAGES = { en: ENGLISH, fr: FRENCH };
const KEPT = "momo-sandbox-language";

const wanted = localStorage.getItem(KEPT) ?? navigator.language.slice(0, 2);
export const language = Object.hasOwn(LANGUAGES, wanted) ? wanted : "en";

export function words(name, values = {}) {
  const text = LANGUAGES[language][name];
  if (text === undefined) throw new Error(`no words for ${name}`);
  const [one, several = one] = text.split("|");
  return (values.count === 1 ? one : several).replace(/\{(\w+)\}/g, (_, value) => values[value] ?? "");
}

export function speak(other) {
  localStorage.setItem(KEPT, other);
  location.reload();
}

export function sayAll(root) {
  for (const node of root.querySelectorAll("[data-words]")) node.textContent = words(node.dataset.words);
  for (const node of root.querySelectorAll("[data-words-label]")) {
    node.setAttribute("aria-label", words(node.dataset.wordsLabel));
  }
}
