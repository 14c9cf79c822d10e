from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ingest.article import parse
from ingest.read import Source
from ingest.split import sentences_of
from rag.types import Article

BODY = """The ferry Halcyon struck the north pier of Port Ennick on Thursday, injuring fourteen.

Captain Ilya Brandt was at the helm when the ship lost its steering, the harbour master said.

The operator, Ennick Lines, had postponed an overhaul of the rudder twice because of its cost.
"""
LEAD = "The ferry Halcyon struck the north pier of Port Ennick on Thursday"


def article(text: str) -> Article:
    return parse(Source(Path("/news/a.txt"), text))


def quoted(article: Article) -> list[str]:
    return [article.text[s.start : s.end] for s in sentences_of(article)]


def under(*lines: str) -> Article:
    """An article with these lines between headline and text."""
    return article("\n\n".join(("Ferry strikes pier", *lines, BODY)))


@pytest.mark.parametrize(
    "line",
    [
        "3 May 2024",
        "May 3, 2024 10:15 am",
        "Fri 3 May 2024 10.15 BST",
        "May 3, 2024, 10:15 a.m. ET",
        "Published: 3 May 2024, 10:15 GMT",
        "First published on Friday 3 May 2024",
        "Oslo, 3 May 2024",
        "Oslo | 3 May 2024 | 10:15",
        "Updated: 4 May 2024 | Published: 3 May 2024",
        "Published\n3 May 2024",
        "Published: 3 May 2024\nUpdated: 4 May 2024",
        "Updated: 4 May 2024\nPublished: 3 May 2024",
    ],
)
def test_a_line_that_is_a_date_dates_the_article_and_is_not_quoted(line: str) -> None:
    found = under(line)
    assert found.published == date(2024, 5, 3)
    assert quoted(found)[0].startswith(LEAD)


@pytest.mark.parametrize(
    "line",
    [
        "03/04/2024",
        "Updated: 4 May 2024",
        "Updated\n4 May 2024",
        "Last modified on 4 May 2024",
        "On 3 May 2021",
        "May 2024",
        "3 May 2024\n\n9 June 2023",
    ],
)
def test_an_ambiguous_an_updated_or_a_disputed_date_leaves_the_date_unknown(line: str) -> None:
    assert under(line).published is None


@pytest.mark.parametrize(
    "sentence",
    [
        "The inquiry opened on 3 May 2021 in the town hall.",
        "Published on 3 May 2021, the report named the owner of the ship.",
        "3 May 2021 was the day on which the ship was last in the yard.",
    ],
)
def test_a_date_that_the_reporting_mentions_is_not_the_article_s(sentence: str) -> None:
    found = under(sentence)
    assert found.published is None
    assert sentence in quoted(found)


def test_the_dates_of_a_chronicle_date_its_entries_and_not_the_article() -> None:
    found = article(
        "A year of accidents\n\n3 January 2020\n\nA tanker ran aground off Lowmarket, it said.\n\n"
        "4 February 2021\n\nA trawler sank off Ennick with all hands, officials said.\n"
    )
    assert found.published is None


def test_a_date_heading_far_down_the_text_is_not_the_article_s() -> None:
    assert (
        article(f"Ferry strikes pier\n\n{BODY}\n3 May 2020\n\nIt was a calm day.").published is None
    )


def test_a_leading_date_is_taken_and_the_headline_after_it_kept() -> None:
    found = article(f" date 2022-12-28 Ferry strikes pier\n\n{BODY}")
    assert (found.published, found.title) == (date(2022, 12, 28), "Ferry strikes pier")
    assert quoted(found)[0].startswith(LEAD)


@pytest.mark.parametrize(
    ("dateline", "published", "outlet"),
    [
        ("JERUSALEM, 3 March 2021 (Reuters) - ", date(2021, 3, 3), "Reuters"),
        ("JERUSALEM, March 3 (Reuters) - ", None, "Reuters"),
        ("PARIS, May 3, 2021 (AFP) – ", date(2021, 5, 3), "AFP"),
        ("WASHINGTON (AP) — ", None, "AP"),
        ("PORT ENNICK, Norway (AP) -- ", None, "AP"),
        ("LONDON — ", None, None),
        ("LONDON, May 3, 2021 — ", date(2021, 5, 3), None),
        ("PORT ENNICK, Karvelia, May 3 (KNA) — ", None, None),
    ],
)
def test_a_dateline_is_taken_from_the_first_sentence_and_not_quoted(
    dateline: str, published: date | None, outlet: str | None
) -> None:
    found = article(f"Ferry strikes pier\n\n{dateline}{BODY}")
    assert (found.published, found.outlet) == (published, outlet)
    assert quoted(found)[0].startswith(LEAD)


@pytest.mark.parametrize(
    "sentence",
    [
        "NATO — the alliance of thirty states — said that it would send a ship to Port Ennick.",
        "The Palestinian Authority (PA) — which governs the city — rejected the plan on Friday.",
        "The agency (Reuters) - a rival - had the story first, the editor told the inquiry.",
    ],
)
def test_a_dash_after_a_name_or_brackets_does_not_make_a_dateline(sentence: str) -> None:
    found = article(f"Ferry strikes pier\n\n{sentence}\n\n{BODY}")
    assert sentence in quoted(found)
    assert found.outlet is None


@pytest.mark.parametrize(
    ("line", "byline"),
    [
        ("By Jane Doe", "Jane Doe"),
        ("BY JANE DOE AND JOHN ROE", "JANE DOE AND JOHN ROE"),
        ("By Jane Doe, Staff Writer", "Jane Doe"),
        ("By Jane Doe in Beirut", "Jane Doe"),
        ("By Jane Doe and agencies", "Jane Doe and agencies"),
        ("By Jane Doe | jane@harbourpost.example | @janedoe", "Jane Doe"),
        ("By Émile van der Åse", "Émile van der Åse"),
        ("Written by Jane Doe", "Jane Doe"),
        ("Jane Doe, Reuters correspondent", "Jane Doe"),
        ("Jane Doe, AP", "Jane Doe"),
        ("Elior Levy, Attila Somfalvi", "Elior Levy, Attila Somfalvi"),
        ("Jane Doe in Beirut\n3 May 2024", "Jane Doe"),
    ],
)
def test_a_byline_names_who_wrote_it_and_is_not_quoted(line: str, byline: str) -> None:
    found = under(line)
    assert found.byline == byline
    assert quoted(found)[0].startswith(LEAD)


@pytest.mark.parametrize(
    "line",
    [
        "From Port Ennick",
        "Port Ennick\n3 May 2024",
        "Russia and China",
        "U.S. National Highway Traffic & Safety Administration",
        "Associated Press and The Enquirer",
        "By Friday the pier was closed.",
        "By John Smith's own account, the rudder had failed before.",
        "By The Sea",
    ],
)
def test_a_place_or_a_sentence_is_never_taken_for_a_byline(line: str) -> None:
    assert under(line).byline is None


def test_people_listed_in_the_reporting_are_neither_its_authors_nor_hidden() -> None:
    found = article(
        "Three men charged\n\nThe men charged over the ferry were named on Friday as:\n\n"
        "John Smith, Peter Jones and Alan Brown\n\nThey will appear in court on Monday.\n"
    )
    assert found.byline is None
    assert "John Smith, Peter Jones and Alan Brown" in quoted(found)


@pytest.mark.parametrize(
    "title",
    [
        "Ferry strikes pier in Port Ennick",
        "Who was at the helm of the Halcyon?",
        "‘We lost the rudder,’ says captain of ‘Halcyon’",
        "“We only prayed”",
        '"We only prayed," says captain of the Halcyon',
        "עבורת פגעה ברציף",
    ],
)
@pytest.mark.parametrize("gap", ["\n\n", "\r\n\r\n", "\n\n\n \n"])
def test_the_headline_is_the_first_line_that_can_be_one_and_is_not_quoted(
    title: str, gap: str
) -> None:
    found = article(title + gap + BODY)
    assert found.title == title
    assert quoted(found)[0].startswith(LEAD)


@pytest.mark.parametrize(
    "first",
    [
        "Fourteen people were hurt.",
        "Ferry strikes pier. Fourteen hurt.",
        "Fourteen people were hurt when the ferry struck the north pier of",
        "the ferry struck the pier",
        "- Fourteen people were hurt",
        "The captain called the old ship a “big toasted marshmallow.”",
        "Eight teams are left. Who are they?",
        "Niniek Karmini",
        "Opinion contributors",
        "Could you imagine what the port would do without a single one of its old ferries at sea?",
    ],
)
def test_a_first_sentence_is_not_swallowed_as_a_headline(first: str) -> None:
    assert article(f"{first}\n\n{BODY}").title is None


def test_a_section_s_name_above_the_headline_is_neither_title_nor_quoted() -> None:
    found = article(f"SHIPPING\n\nFerry strikes pier in Port Ennick\n\n{BODY}")
    assert found.title == "Ferry strikes pier in Port Ennick"
    assert "SHIPPING" not in quoted(found)


def test_a_headline_is_not_parted_from_its_text_by_furniture_between() -> None:
    found = article("The ferry struck\n\nAdvertisement\n\nthe pier, and fourteen were hurt.\n")
    assert found.title is None
    assert quoted(found)[0] == "The ferry struck"


@pytest.mark.parametrize(
    "text",
    [
        "The ferry Halcyon struck the north pier on Thursday.\n",
        "Ferry strikes pier in Port Ennick\n",
        "Ferry strikes pier\n\nPrint\n\n3 May 2024\n",
        "# Ferry strikes pier\n",
        "Ferry strikes pier\n\nFourteen people were hurt.\n",
    ],
)
def test_a_notice_of_one_line_still_gives_a_sentence(text: str) -> None:
    assert len(quoted(article(text))) == 1


@pytest.mark.parametrize(
    ("header", "byline", "published"),
    [
        ("date: 2024-05-03\nauthor: Jane Doe", "Jane Doe", date(2024, 5, 3)),
        ("authors: [Jane Doe, {name: John Roe}]", "Jane Doe, John Roe", None),
        ("date: '3 May 2024'", None, date(2024, 5, 3)),
        ("date: 2024-05-03T23:30:00-05:00\nauthor: {name: Jane Doe}", "Jane Doe", date(2024, 5, 3)),
        ("date: 03/04/2024\nauthor: Jane Doe", "Jane Doe", None),
        ("lastmod: 2024-05-03\nauthor: Jane Doe", "Jane Doe", None),
        ("author: [\ndate: 2024-05-03\ntags: }{", None, date(2024, 5, 3)),
        ("date: 2024-13-45\nauthor: Jane Doe", "Jane Doe", None),
        ("a: &a [*a]\nauthor: *a\ndate: 2024-05-03", None, date(2024, 5, 3)),
        ('author: "Jane \\ud800Doe"', "Jane Doe", None),
    ],
)  # fmt: skip
def test_front_matter_is_read_even_if_broken_and_never_quoted(
    header: str, byline: str | None, published: date | None
) -> None:
    found = article(f"---\n{header}\n---\n\n# Ferry strikes pier\n\n{BODY}")
    assert (found.byline, found.published) == (byline, published)
    assert found.title == "Ferry strikes pier"
    assert quoted(found)[0].startswith(LEAD)


def test_front_matter_that_nests_without_end_is_no_trap() -> None:
    deep = "[" * 5000
    assert quoted(article(f"---\ntitle: {deep}\n---\n\n{BODY}"))[0].startswith(LEAD)


def test_a_paragraph_between_two_rules_is_no_front_matter() -> None:
    assert "Fourteen were hurt, officials said." in quoted(
        article("---\n\nFourteen were hurt, officials said.\n\n---\n\nPolice came.\n")
    )


def test_leading_labels_are_read_and_not_quoted() -> None:
    found = article(f"Outlet: The Harbour Post\nDate: 3 May 2024\nBy: Jane Doe\n\n{BODY}")
    assert (found.outlet, found.published, found.byline) == (
        "The Harbour Post",
        date(2024, 5, 3),
        "Jane Doe",
    )
    assert quoted(found)[0].startswith(LEAD)


@pytest.mark.parametrize("line", ["Source: minister to resign on Friday", "By: the sea, a town"])
def test_a_headline_with_a_colon_is_no_label(line: str) -> None:
    found = article(f"{line}\n\n{BODY}")
    assert (found.outlet, found.byline) == (None, None)


def test_the_labels_of_a_news_database_are_read_and_not_quoted() -> None:
    found = article(
        "The Harbour Post\n\nMay 3, 2024 Friday\nFinal Edition\n\nFerry strikes pier\n\n"
        "BYLINE: Jane Doe, Staff Writer\n\nSECTION: NEWS; Pg. A1\n\nLENGTH: 512 words\n\n"
        f"{BODY}\nLOAD-DATE: May 9, 2024\n\nLANGUAGE: ENGLISH\n\n"
        "Copyright 2024 The Harbour Post\nAll Rights Reserved\n"
    )
    assert (found.title, found.outlet, found.published, found.byline) == (
        "Ferry strikes pier",
        "The Harbour Post",
        date(2024, 5, 3),
        "Jane Doe",
    )
    assert quoted(found)[0].startswith(LEAD)
    assert quoted(found)[-1].startswith("The operator")


@pytest.mark.parametrize(
    ("footer", "outlet"),
    [
        ("© 2024 The Harbour Post. All rights reserved.", "The Harbour Post"),
        ("Copyright 2024 Harbour Media Ltd", "Harbour Media Ltd"),
        ("© 2024 Haaretz", "Haaretz"),
        ("Follow The Harbour Post on Twitter and Facebook.", "The Harbour Post"),
        ("- Follow Ynetnews on [Facebook](#) and [Twitter](#)", "Ynetnews"),
        (
            "All content created by the Daily Caller News Foundation, an independent newswire, is"
            " available without charge to any publisher.",
            "Daily Caller News Foundation",
        ),
        ("© 2024 The Associated Press. All rights reserved.", None),
        ("© Agence France-Presse", None),
        ("Follow Reuters on Facebook", None),
        ("© 2024 Erik Holm", None),
        ("Photo © Erik Holm", None),
        ("Follow John Smith on Twitter", None),
        ("Follow us on Facebook", None),
        ("Follow The Harbour Post's Jane Doe on Facebook", None),
        ("Follow him on Facebook", None),
        ("All rights reserved", None),
        ("The jury must not follow The Post on Facebook, the judge said.", None),
        ("The band said the copyright Warner News claimed was void.", None),
    ],
)
def test_a_footer_names_the_outlet_but_never_an_agency_or_a_person(
    footer: str, outlet: str | None
) -> None:
    assert article(f"Ferry strikes pier\n\n{BODY}\n{footer}\n").outlet == outlet


def test_the_house_that_prints_a_wire_report_is_its_outlet() -> None:
    found = article(f"Ferry strikes pier\n\nOSLO (Reuters) - {BODY}\n© 2024 The Harbour Post\n")
    assert found.outlet == "The Harbour Post"


def test_a_staff_credit_names_the_house_only_if_people_spoke_to_that_house() -> None:
    caption = "The ferry at the pier. [Erik Holm/THP]"
    assert under(caption).outlet is None
    assert under(caption, "The captain told THP that the rudder had failed.").outlet == "THP"
