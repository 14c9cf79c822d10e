"""Every word the page says, in each language it speaks. English is the first."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["ENGLISH", "GERMAN", "LANGUAGES", "Words", "translations", "words_for"]


@dataclass(frozen=True, slots=True)
class Words:
    """The page's words. `{n}` and the like are filled in by `format`."""

    language: str = "en"
    """The page's `lang`, and the key that browsers ask by."""

    # The frame.
    tagline: str = "Ask the articles. Every sentence carries the words it rests on."
    tab_ask: str = "Ask"
    tab_library: str = "Library"
    tab_evaluation: str = "Evaluation"
    tab_settings: str = "Settings"
    skip: str = "Skip to the question"
    sign_out: str = "Sign out {name}"

    # Asking.
    conversation: str = "Conversation"
    question: str = "Question"
    question_hint: str = "Ask what the articles say …"
    ask: str = "Ask"
    stop: str = "Stop"
    new_conversation: str = "New conversation"
    examples: str = "Ask one of these, or a question of your own."
    no_examples: str = "Ask a question of your own."
    busy: str = (
        "Too many people are asking at this moment, so this question was not asked. Please ask it"
        " again in a minute."
    )
    stopped: str = "Stopped. What stands above is a part of an answer; do not rely on it."
    cut: str = "The connection was lost before the answer was whole; ask again."
    unexpected: str = "An unexpected error ({kind}); the server's log has more. Ask again."
    your_question: str = "Your question"
    answer: str = "Answer"

    # An answer.
    understood: str = "Understood as:"
    not_said: str = "The articles do not say"
    nearest: str = "The nearest sentences, which do not answer it"
    sources: str = "Sources"
    source: str = "Source {n}"
    differ: str = "The sources differ"
    undated: str = "undated"
    unknown_outlet: str = "Unknown outlet"
    unsupported: str = "not carried by the articles"
    by_quotation: str = "Quotations, word for word; no language model took part."
    by_model: str = (
        "Written by {model}; each sentence was checked against the sentences it points at."
    )
    by_model_failed: str = "{model} was asked; what stands here is quoted."
    left_out: str = "Left out: {n} sentences that the articles do not carry"
    left_out_one: str = "Left out: a sentence that the articles do not carry"
    lacks: str = "The articles do not carry {what}."
    tokens: str = "{read} tokens read, {written} written"
    cost: str = "{usd} US dollars"
    from_cache: str = "kept from before; nothing was sent"
    withdrawn: str = "The model was thinking aloud; its answer follows."
    as_of: str = "As of {day}"
    copy_claim: str = "Copy with its source"
    copy_answer: str = "Copy"
    copied: str = "Copied"
    not_copied: str = "The browser did not let this be copied."
    take_away: str = "Take away"
    as_markdown: str = "Markdown"
    as_page: str = "Web page"
    as_print: str = "Print or PDF"
    as_json: str = "JSON"
    whole_conversation: str = "The whole conversation:"
    rate_label: str = "What is right or wrong with the last answer you rated?"
    rate_hint: str = "Optional; kept in the library, and may become a test question"
    rate_save: str = "Keep the remark"
    rate_saved: str = "Kept."
    rated_up: str = "Rated: right"
    rated_down: str = "Rated: wrong"

    # The evidence.
    evidence: str = "Evidence"
    evidence_empty: str = "Choose a number in an answer, and its sentence is shown in its article."
    evidence_gone: str = "That article is no longer in the library."
    changed_since: str = "(the article has changed since)"
    gone_since: str = "(the article is no longer in the library)"
    earlier_version: str = (
        "The article has changed since it was cited: this is its text up to {day}."
    )
    words_gone: str = (
        "The article has changed since it was cited; the cited words are no longer in their place."
    )
    evidence_failed: str = "The article could not be fetched; is Citewire still running?"
    whole_article: str = "Show the whole article"
    only_context: str = "Show only what surrounds it"
    new_tab: str = "Open in a tab"
    previous: str = "Previous citation"
    next: str = "Next citation"
    close: str = "Close the evidence"
    byline: str = "By {name}"
    furniture: str = "Dimmed: part of the page, not of the article"
    before: str = "… earlier text"
    after: str = "later text …"
    back: str = "Back to the chat"

    # Options of a question.
    options: str = "Options"
    as_of_label: str = "Answer as of (a day)"
    as_of_hint: str = "Counts only what was published by then, such as 2023-02-01"
    since: str = "Published since"
    until: str = "Published until"
    day_hint: str = "2023-02-01"
    outlets: str = "Only these outlets"
    writer: str = "Written by"
    writer_auto: str = "as set"
    writer_quotes: str = "quotations"
    writer_model: str = "a model"
    model: str = "Model"
    model_hint: str = "As the server names it; empty for the one that is set"
    quotes: str = "Most quotations"

    # The history.
    history: str = "History"
    search_history: str = "Search the history"
    open_conversation: str = "Conversations"
    rename: str = "Rename"
    new_name: str = "New name"
    save: str = "Save"
    delete: str = "Delete"
    undo: str = "Undo"
    deleted_conversation: str = "Deleted “{name}”."
    no_conversations: str = "No conversation yet."

    # The library.
    articles: str = "Articles"
    find_article: str = "Search titles and outlets"
    column_outlet: str = "Outlet"
    column_date: str = "Date"
    column_title: str = "Title"
    column_passages: str = "Passages"
    column_id: str = "ID"
    shown: str = "{n} of {total} articles"
    upload: str = "Add articles (text, HTML, PDF, Word, mail, feeds, tables)"
    uploaded: str = "{n} files: {told}."
    paste_label: str = "Or paste a text"
    paste_title: str = "Its title"
    paste_outlet: str = "Its outlet"
    paste_date: str = "Its date"
    paste_text: str = "The text"
    paste_add: str = "Add the text"
    selected: str = "The chosen article"
    choose: str = "Choose an article in the table."
    edit_outlet: str = "Outlet (empty: unknown)"
    edit_date: str = "Date (empty: unknown)"
    edit_title: str = "Title (empty: unknown)"
    saved: str = "Saved."
    deleted: str = "Deleted “{name}”."
    restored: str = "“{name}” is back."
    read_it: str = "Read it"
    over_time: str = "Articles over time"
    undated_count: str = "{n} without a date"
    no_dates: str = "No article has a date."
    health: str = "The library and its indexes"
    check: str = "Check"
    index_word: str = "Search indexes: {state}; {articles} articles, {passages} passages."
    readers_only: str = "You may read and ask; adding and changing needs the role “editor”."

    # The first run.
    first_title: str = "The library is empty"
    first_text: str = (
        "Load the sample collection (five digests of news reports), or add articles of your own."
    )
    first_sample: str = "Load the sample collection"
    first_own: str = "Add articles of your own"
    loading: str = "Reading the articles …"

    # The evaluation, and the settings.
    no_report: str = "No evaluation has been kept yet. Run “citewire eval”, then look here again."
    report: str = "The last report"
    reload: str = "Look again"
    settings_text: str = (
        "What is in force, and where each value comes from. Change one by --set NAME=VALUE,"
        " CITEWIRE_NAME, or in {file}."
    )
    column_setting: str = "Setting"
    column_value: str = "Value"
    column_origin: str = "From"


ENGLISH = Words()

GERMAN = Words(
    language="de",
    tagline="Fragen Sie die Artikel. Jeder Satz zeigt die Worte, auf denen er beruht.",
    tab_ask="Fragen",
    tab_library="Sammlung",
    tab_evaluation="Prüfung",
    tab_settings="Einstellungen",
    skip="Zur Frage springen",
    sign_out="{name} abmelden",
    conversation="Gespräch",
    question="Frage",
    question_hint="Fragen Sie, was in den Artikeln steht …",
    ask="Fragen",
    stop="Anhalten",
    new_conversation="Neues Gespräch",
    examples="Stellen Sie eine dieser Fragen oder eine eigene.",
    no_examples="Stellen Sie eine eigene Frage.",
    busy="Im Augenblick fragen zu viele, darum wurde diese Frage nicht gestellt. Bitte stellen Sie"
    " sie in einer Minute noch einmal.",
    stopped="Angehalten. Was oben steht, ist der Teil einer Antwort; verlassen Sie sich nicht"
    " darauf.",
    cut="Die Verbindung riss ab, bevor die Antwort ganz war; fragen Sie noch einmal.",
    unexpected="Ein unerwarteter Fehler ({kind}); mehr steht im Protokoll des Servers. Fragen Sie"
    " noch einmal.",
    your_question="Ihre Frage",
    answer="Antwort",
    understood="Verstanden als:",
    not_said="Die Artikel sagen es nicht",
    nearest="Die nächstliegenden Sätze, die es nicht beantworten",
    sources="Quellen",
    source="Quelle {n}",
    differ="Die Quellen widersprechen sich",
    undated="ohne Datum",
    unknown_outlet="Medium unbekannt",
    unsupported="von den Artikeln nicht getragen",
    by_quotation="Wörtliche Zitate; kein Sprachmodell war beteiligt.",
    by_model="Geschrieben von {model}; jeder Satz wurde an den Sätzen geprüft, auf die er zeigt.",
    by_model_failed="{model} wurde gefragt; was hier steht, ist zitiert.",
    left_out="Weggelassen: {n} Sätze, die die Artikel nicht tragen",
    left_out_one="Weggelassen: ein Satz, den die Artikel nicht tragen",
    lacks="Was die Artikel nicht tragen: {what}.",
    tokens="{read} Token gelesen, {written} geschrieben",
    cost="{usd} US-Dollar",
    from_cache="von früher aufbewahrt; nichts wurde gesendet",
    withdrawn="Das Modell hat laut nachgedacht; seine Antwort folgt.",
    as_of="Stand {day}",
    copy_claim="Mit Quelle kopieren",
    copy_answer="Kopieren",
    copied="Kopiert",
    not_copied="Der Browser ließ das Kopieren nicht zu.",
    take_away="Mitnehmen",
    as_markdown="Markdown",
    as_page="Webseite",
    as_print="Drucken oder PDF",
    as_json="JSON",
    whole_conversation="Das ganze Gespräch:",
    rate_label="Was ist an der zuletzt bewerteten Antwort richtig oder falsch?",
    rate_hint="Freiwillig; bleibt in der Sammlung und kann eine Prüffrage werden",
    rate_save="Anmerkung behalten",
    rate_saved="Behalten.",
    rated_up="Bewertet: richtig",
    rated_down="Bewertet: falsch",
    evidence="Beleg",
    evidence_empty="Wählen Sie eine Nummer in einer Antwort: Ihr Satz erscheint in seinem Artikel.",
    evidence_gone="Dieser Artikel ist nicht mehr in der Sammlung.",
    changed_since="(der Artikel hat sich seitdem geändert)",
    gone_since="(der Artikel ist nicht mehr in der Sammlung)",
    earlier_version=(
        "Der Artikel hat sich geändert, seit er zitiert wurde: Dies ist sein Text bis {day}."
    ),
    words_gone=(
        "Der Artikel hat sich geändert, seit er zitiert wurde; die zitierten Wörter stehen nicht"
        " mehr an ihrer Stelle."
    ),
    evidence_failed="Der Artikel war nicht zu holen; läuft Citewire noch?",
    whole_article="Den ganzen Artikel zeigen",
    only_context="Nur die Umgebung zeigen",
    new_tab="In einem Tab öffnen",
    previous="Voriges Zitat",
    next="Nächstes Zitat",
    close="Beleg schließen",
    byline="Von {name}",
    furniture="Abgeblendet: Teil der Seite, nicht des Artikels",
    before="… früherer Text",
    after="späterer Text …",
    back="Zurück zum Gespräch",
    options="Optionen",
    as_of_label="Stand (ein Tag)",
    as_of_hint="Nur was bis dahin erschienen ist, etwa 2023-02-01",
    since="Erschienen seit",
    until="Erschienen bis",
    day_hint="2023-02-01",
    outlets="Nur diese Medien",
    writer="Geschrieben von",
    writer_auto="wie eingestellt",
    writer_quotes="Zitate",
    writer_model="ein Modell",
    model="Modell",
    model_hint="Wie der Server es nennt; leer für das eingestellte",
    quotes="Höchstens so viele Zitate",
    history="Verlauf",
    search_history="Im Verlauf suchen",
    open_conversation="Gespräche",
    rename="Umbenennen",
    new_name="Neuer Name",
    save="Speichern",
    delete="Löschen",
    undo="Rückgängig",
    deleted_conversation="„{name}“ gelöscht.",
    no_conversations="Noch kein Gespräch.",
    articles="Artikel",
    find_article="In Titeln und Medien suchen",
    column_outlet="Medium",
    column_date="Datum",
    column_title="Titel",
    column_passages="Abschnitte",
    column_id="Kennung",
    shown="{n} von {total} Artikeln",
    upload="Artikel hinzufügen (Text, HTML, PDF, Word, Mail, Feeds, Tabellen)",
    uploaded="{n} Dateien: {told}.",
    paste_label="Oder einen Text einfügen",
    paste_title="Sein Titel",
    paste_outlet="Sein Medium",
    paste_date="Sein Datum",
    paste_text="Der Text",
    paste_add="Text hinzufügen",
    selected="Der gewählte Artikel",
    choose="Wählen Sie einen Artikel in der Tabelle.",
    edit_outlet="Medium (leer: unbekannt)",
    edit_date="Datum (leer: unbekannt)",
    edit_title="Titel (leer: unbekannt)",
    saved="Gespeichert.",
    deleted="„{name}“ gelöscht.",
    restored="„{name}“ ist wieder da.",
    read_it="Lesen",
    over_time="Artikel im Lauf der Zeit",
    undated_count="{n} ohne Datum",
    no_dates="Kein Artikel hat ein Datum.",
    health="Die Sammlung und ihre Verzeichnisse",
    check="Prüfen",
    index_word="Suchverzeichnisse: {state}; {articles} Artikel, {passages} Abschnitte.",
    readers_only="Sie dürfen lesen und fragen; hinzufügen und ändern darf die Rolle „editor“.",
    first_title="Die Sammlung ist leer",
    first_text="Laden Sie die Beispielsammlung (fünf Zusammenfassungen von Nachrichten) oder fügen"
    " Sie eigene Artikel hinzu.",
    first_sample="Beispielsammlung laden",
    first_own="Eigene Artikel hinzufügen",
    loading="Die Artikel werden gelesen …",
    no_report="Noch keine Prüfung aufbewahrt. Rufen Sie „citewire eval“ auf und sehen Sie wieder"
    " nach.",
    report="Der letzte Bericht",
    reload="Wieder nachsehen",
    settings_text="Was gilt, und woher jeder Wert kommt. Ändern mit --set NAME=WERT,"
    " CITEWIRE_NAME oder in {file}.",
    column_setting="Einstellung",
    column_value="Wert",
    column_origin="Woher",
)

LANGUAGES = {w.language: w for w in (ENGLISH, GERMAN)}


def words_for(accept_language: str | None) -> Words:
    """The first language of an `Accept-Language` header that the page speaks, else English."""
    wanted: list[tuple[float, str]] = []
    for part in (accept_language or "").split(",")[:20]:
        name, _, quality = part.replace(" ", "").lower().partition(";q=")
        try:
            wanted.append((-float(quality or 1), name.split("-")[0]))
        except ValueError:
            continue
    # A quality of 0 is how a reader says "anything but that".
    ordered = sorted((w for w in wanted if w[0] < 0), key=lambda w: w[0])
    known = (LANGUAGES[n] for _, n in ordered if n in LANGUAGES)
    return next(known, ENGLISH)


def translations() -> dict[str, dict[str, Any]]:
    """The words by language, as `gradio.I18n` takes them."""
    return {name: asdict(words) for name, words in LANGUAGES.items()}
