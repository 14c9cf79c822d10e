from __future__ import annotations

from pathlib import Path

import pytest

from ingest.article import parse
from ingest.read import Source
from ingest.split import sentences_of, with_sentence_furniture
from rag.types import SkipKind
from tests.test_masthead import BODY


def pieces(text: str) -> tuple[list[str], dict[str, SkipKind]]:
    """What of a text is quotable, and what is skipped as what."""
    from dataclasses import replace

    found = parse(Source(Path("/news/a.txt"), text))
    found = replace(found, skipped=with_sentence_furniture(found))
    skipped = {text[s.start : s.end].strip(): s.kind for s in found.skipped}
    return [text[s.start : s.end] for s in sentences_of(found)], skipped


def inside(line: str) -> str:
    first, rest = BODY.split("\n\n", 1)
    return f"Ferry strikes pier\n\n{first}\n\n{line}\n\n{rest}"


BODY_SENTENCES = pieces(f"Ferry strikes pier\n\n{BODY}")[0]


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("Print", "navigation"),
        ("Share on Facebook", "navigation"),
        ("SKIP ADVERTISEMENT", "navigation"),
        ("[Back](#)", "navigation"),
        ("___", "navigation"),
        ("https://harbourpost.example/a/b", "navigation"),
        ("4 min read", "reading-time"),
        ("Reading time: 4 minutes", "reading-time"),
        ("The ferry after the accident. (AP Photo/Erik Holm)", "caption"),
        ("The ferry after the accident on Thursday. Erik Holm/Reuters", "caption"),
        ("The ferry. Photo by Erik Holm/Getty Images", "caption"),
        ("FILE PHOTO: The ferry Halcyon sails in 2019. REUTERS/Erik Holm/File Photo", "caption"),
        ("Image source, Getty Images", "caption"),
        ("Image caption, The ferry Halcyon in 2019", "caption"),
        ("Photograph: Erik Holm/AFP/Getty Images", "caption"),
        ("(Photo by Erik Holm / AFP)", "caption"),
        ("The Halcyon at the pier | Erik Holm/NTB", "caption"),
        ("Photo credit: Erik Holm", "caption"),
        ("Rami Hamdallah, the prime minister Photo: EPA", "caption"),
        ("The ferry after the accident. (AFP)", "caption"),
        ("Illustrative: a ferry at sea. (Erik Holm/Flash90)", "caption"),
        ("The ferry at the pier. [Erik Holm/Al Jazeera]", "caption"),
        ("The pier [File: Erik Holm/Reuters]", "caption"),
        ("Photo © Erik Holm", "caption"),
        ("RELATED: Ferry safety in five charts", "related"),
        ("READ MORE: Ferry captain questioned", "related"),
        ("Read more: Why did the rudder fail?", "related"),
        ("(RELATED: Ferry [old] captain questioned (2021))", "related"),
        ("[READ MORE: Port closed for a week]", "related"),
        ("More:Ferry captain questioned over crash", "related"),
        ("Fact check:Did the captain sleep at the helm?", "related"),
        ("Sign up for our newsletter", "promotion"),
        ("Subscribe to our weekly newsletter.", "promotion"),
        ("Get The Harbour Post's daily news in your inbox", "promotion"),
        ("Please follow us on Facebook", "promotion"),
        ("Have a tip? Write to tips@harbourpost.example", "promotion"),
        ("If you liked this story, share it.", "promotion"),
        ("Support independent journalism", "promotion"),
        ("This article was originally published by The Conversation.", "footer"),
        ("Copyright 2024 The Harbour Post", "footer"),
        ("© 2024 Associated Press. This material may not be published.", "footer"),
        ("Tags: ferry, Port Ennick, accident", "footer"),
        ("Our Standards: The Thomson Reuters Trust Principles.", "footer"),
        ("(Reporting by Jane Doe in Oslo; Editing by John Roe)", "footer"),
        ("Associated Press writer John Roe in Oslo contributed to this report.", "footer"),
        ("John Roe contributed reporting from Bergen.", "footer"),
        ("Contact him at jane@harbourpost.example", "footer"),
        ("— Jane Doe and John Roe", "byline"),
        ("For licensing opportunities, please contact desk@harbourpost.example", "footer"),
        ("A dangerous coast", "heading"),
        ("## A dangerous coast", "heading"),
    ],
)
def test_furniture_is_marked_and_the_reporting_around_it_stays(line: str, kind: SkipKind) -> None:
    quotable, skipped = pieces(inside(line))
    assert skipped[line] == kind
    assert quotable == BODY_SENTENCES


@pytest.mark.parametrize(
    "sentence",
    [
        "Photo: that was the single word on the envelope, the court heard on Monday.",
        'The caption read "Photo: Reuters" and it was wrong, the editor admitted.',
        "Click here, the message read, and the money will be sent, prosecutors said.",
        "Follow the money, he said, and you will find the owner of the ship.",
        "Follow him on Twitter, the judge told the jury, and you will be in contempt.",
        "Subscribe to the theory that ships are safe and you will be disappointed, he said.",
        "This story was first published by the ministry as a leaflet, historians say.",
        "The article was published in March, days before the ferry sank.",
        "This report was published by the ministry and blames the owner.",
        "The report was produced by engineers of the yard in Lowmarket.",
        "Copyright law was the reason the plans were withheld, the ministry said.",
        "For information leading to an arrest, the police will pay 5,000 crowns to anyone who"
        " will contact them.",
        "For questions of safety, the crew had to contact the owner in Lowmarket.",
        "Tags: that is how the crew calls the steel plates, according to the yard.",
        "Topics: the talks covered fishing, ferries and fuel, the minister said.",
        "Reporting by inspectors showed 14 faults.",
        "Related companies paid 3 million crowns (AP).",
        "He spoke for the Palestinian Authority (PA).",
        "The pier is 300 metres long [see map/plan].",
        "He would not (credit to his lawyer) say more.",
        "Read more slowly, the teacher said, and the children laughed.",
        "Sign up for the navy and see the world, the poster said.",
        "Share prices fell by 4 percent.",
        "More than 2,100 people were killed.",
        "It took 10 minutes.",
    ],
)
def test_a_sentence_that_could_be_reporting_is_left_alone(sentence: str) -> None:
    assert sentence in pieces(inside(sentence))[0]


def test_the_titles_under_related_stories_are_marked_and_the_text_after_them_is_not() -> None:
    plain = "Related stories\n\nFerry captain questioned\n\nPort closed for a week"
    links = "### Related:\n\n- [Ferry captain questioned](http://x)\n- [Port closed](http://y)"
    for block in (plain, links):
        assert pieces(inside(block))[0] == BODY_SENTENCES


def test_an_insert_inside_a_paragraph_is_cut_out_of_it() -> None:
    quotable, _ = pieces("The ferry sank. (RELATED: Captain questioned) Fourteen were hurt.\n")
    assert quotable == ["The ferry sank.", "Fourteen were hurt."]


@pytest.mark.parametrize("mark", ["-", "*", "•", "1.", "2)"])
def test_facts_in_a_list_are_quotable_without_their_mark(mark: str) -> None:
    facts = ["Fourteen people were hurt", "The rudder was built in 1987", "Police seized a photo"]
    listed = "\n".join(f"{mark} {fact}" for fact in facts)
    assert [q for q in pieces(inside(listed))[0] if q not in BODY_SENTENCES] == facts


@pytest.mark.parametrize("mark", ["-", "–", "—"])
def test_people_in_a_list_are_not_taken_for_signatures(mark: str) -> None:
    quotable, _ = pieces(inside(f"{mark} Jane Doe\n\n{mark} John Roe"))
    assert {"Jane Doe", "John Roe"} <= set(quotable)


def test_facts_on_lines_of_their_own_are_not_taken_for_headings() -> None:
    quotable, _ = pieces(inside("Fourteen hurt\n\nTwo dead\n\nOne missing"))
    assert {"Fourteen hurt", "Two dead", "One missing"} <= set(quotable)


def test_the_short_answers_of_an_interview_are_quotable() -> None:
    quotable, _ = pieces(
        "Interview with the captain\n\nQ: Were you at the helm?\n\nA: Yes.\n\n"
        "Why did you not stop?\n\nWe could not\n\nWho owns the ship?\n\nEnnick Lines\n\n"
        "The interview was recorded in the harbour of Port Ennick on Friday.\n"
    )
    assert {"A: Yes.", "We could not", "Ennick Lines"} <= set(quotable)


@pytest.mark.parametrize(
    "text",
    [
        "Ferry strikes pier\n\nThe ferry struck the pier of\n\nPort Ennick on Thursday, he said.\n",
        "Ferry strikes pier\n\nThe ferry had lost its\n\nsteering, and it hit a pier.\n",
    ],
)
def test_a_paragraph_broken_in_mid_sentence_is_one_sentence_in_the_text_s_own_words(
    text: str,
) -> None:
    assert pieces(text)[0] == [text.split("\n\n", 1)[1].strip()]


@pytest.mark.parametrize(
    "between",
    ["The ferry. (AP Photo/Erik Holm)", "Advertisement", "Related:\n\n- [Old news](http://x)"],
)
def test_both_halves_of_a_sentence_that_furniture_breaks_stay_quotable(between: str) -> None:
    quotable, _ = pieces(
        f"{BODY}\nThe ferry had struck the north pier of\n\n{between}\n\nthe port at nine.\n"
    )
    assert quotable[-2:] == ["The ferry had struck the north pier of", "the port at nine."]


def test_hard_wrapped_mail_is_read_as_paragraphs() -> None:
    quotable, _ = pieces(
        "The ferry Halcyon struck the north pier of Port Ennick on Thursday,\n"
        "injuring fourteen people. The head of the Palestinian Authority (PA)\n"
        "was not on board when the ship lost its steering, as the master told\n"
        "Reuters. Its owner had postponed an overhaul of the rudder because\n"
        "this story was republished by a paper that was critical of its fares.\n"
    )
    assert [" ".join(q.split()) for q in quotable] == [
        "The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring fourteen"
        " people.",
        "The head of the Palestinian Authority (PA) was not on board when the ship lost its"
        " steering, as the master told Reuters.",
        "Its owner had postponed an overhaul of the rudder because this story was republished by"
        " a paper that was critical of its fares.",
    ]


def test_an_agency_that_signs_the_last_paragraph_does_not_hide_it() -> None:
    quotable, skipped = pieces(f"Ferry strikes pier\n\n{BODY.strip()} (Reuters)\n")
    assert quotable == BODY_SENTENCES
    assert skipped["(Reuters)"] == "footer"


def test_a_headline_repeated_is_marked_each_time() -> None:
    _, skipped = pieces(f"Ferry strikes pier\n\n**Ferry strikes pier**\n\n{BODY}")
    assert skipped["Ferry strikes pier"] == "headline"
    assert skipped["**Ferry strikes pier**"] == "repeated-headline"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_paragraphs_parted_by_single_line_ends_are_read_like_others(newline: str) -> None:
    lines = ["Ferry strikes pier", "By Jane Doe", "3 May 2024", *BODY.split("\n\n"), "Print"]
    assert pieces(newline.join(line.strip() for line in lines))[0] == BODY_SENTENCES


def test_text_in_capitals_and_text_from_right_to_left_stay_quotable() -> None:
    assert len(pieces(BODY.upper())[0]) == 3
    hebrew = "שני בני אדם נפצעו ביום חמישי בתאונת מעבורת."
    assert pieces(f"שני בני אדם נפצעו\n\n{hebrew} {hebrew}\n")[0] == [hebrew, hebrew]


def test_the_lines_of_a_poem_stay_quotable() -> None:
    verses = ["The ferry left at nine", "The sea was calm and fine", "The pier was made of steel"]
    assert pieces("The ferry at nine\n\n" + "\n".join(verses) + "\n")[0] == verses
