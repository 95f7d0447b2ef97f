"""What is matched for certain, what is only offered, and what makes the difference."""

from typing import Any

import pytest

from tests.reconcile.asked import LABEL, NS, batch, matched, one

# As an outsider writes them: five scripts, cases, accents, other spellings, slips of the keyboard.
TABLE = {
    "IRAN": "state/iran",
    "Azərbaycan": "state/azerbaijan",
    "azerbaycan": "state/azerbaijan",
    "Азербайджан": "state/azerbaijan",
    "Hayastan": "state/armenia",
    "Հայաստան": "state/armenia",
    "საქართველო": "state/georgia",
    "Sakartvelo": "state/georgia",
    "روسيه": "state/russia",
    "Rossiya": "state/russia",
    "Turkiye": "state/turkey",
    "Сирия": "state/syria",
    "Ильхам Алиев": "person/ilham-aliyev",
    "nikol pasinyan": "person/nikol-pashinyan",
    "СЕРГЕЙ ЛАВРОВ": "person/sergei-lavrov",
    "Moskva": "settlement/moscow",
    "ירושלים": "settlement/jerusalem",
    "csto": "organization/csto",
    "Azerbaidjan": "state/azerbaijan",
    "Pashinyan, Nikol": "person/nikol-pashinyan",
    "Vladimir Puttin": "person/vladimir-putin",
    "Зангезурскй коридор": "zangezur-corridor",
}
SURE = 18


def test_an_outsiders_table(service: str) -> None:
    found = batch(service, {name: {"query": name} for name in TABLE})
    assert [name for name, thing in TABLE.items() if thing not in found[name][0]["id"]] == []
    certain = {name: matched(candidates) for name, candidates in found.items()}
    wrong = {name: thing for name, thing in certain.items() if thing and thing != TABLE[name]}
    assert wrong == {}
    assert sum(map(bool, certain.values())) == SURE


@pytest.mark.parametrize(
    "name",
    [
        "Zangezur Corridor",  # an issue and a project
        "Karabakh",  # two regions, and part of a longer name
        "Nagorno-Karabakh",  # a region, and elsewhere a polity
        "Nakhchivan",  # a region and a city
        "Agdam",  # which of two is open
        "آغدام",  # in every language
        "Нахичевань",  # a region, and the city of which only the English name is known here
        "نخجوان",
        "Нагорный Карабах",
        "Լեռնային Ղարաբաղ",
        "Dağlık Karabağ",
        "Georgia",  # elsewhere another state
        "President",  # an office of several
        "Caucasus",
        "Pashinyan's coming to power",
        "Iranian",
        "Armenian",
        "Iraqi",
        "Irann",
        "Azerbaijani",  # an adjective, and not the Georgian name
        "Irani",
        "Israeli",
        "Ayran",  # a drink, and not Iran read letter by letter
        "South Korea",
        "Korea",
        "Congo",
        "Georgia, USA",
        "UK",
        "North Caucasus",
        "First Karabakh War",
        "Putin",
        "state",
    ],
)
def test_what_is_near_or_ambiguous_is_never_matched(service: str, name: str) -> None:
    assert matched(one(service, name)) == ""


@pytest.mark.parametrize(
    "code", ["RS", "is", "GG", "SU", "368", "372", "630", "652", "666", "760", "840", "2", "AZ", "il", "Sun", "up"]
)
def test_a_code_that_means_something_else_in_another_list_is_offered_and_not_matched(service: str, code: str) -> None:
    found = one(service, code)
    assert found[0]["score"] == 100
    assert matched(found) == ""
    assert matched(one(service, code, type=f"{NS}State")) == ""


@pytest.mark.parametrize(
    ("code", "thing"),
    [
        ("GE", "state/georgia"),
        ("geo", "state/georgia"),
        ("GRG", "state/georgia"),
        ("268", "state/georgia"),
        ("Q230", "state/georgia"),
        ("q794", "state/iran"),
        ("614540", "state/georgia"),
        ("051", "state/armenia"),
        ("371", "state/armenia"),
        ("AJ", "state/azerbaijan"),
        ("SUHH", "state/soviet-union"),
        ("AZ-NX", "region/nakhichevan"),
        ("state/iran", "state/iran"),
        ("https://w3id.org/araxes/id/state/iran", "state/iran"),
        ("http://www.wikidata.org/entity/Q159", "state/russia"),
        ("https://sws.geonames.org/587116/", "state/azerbaijan"),
    ],
)
def test_a_code_or_identifier_alone_is_exact(service: str, code: str, thing: str) -> None:
    assert matched(one(service, code)) == thing


@pytest.mark.parametrize("code", ["51", "Q23", "Q2300", "GEOR", "26", "IRNN", "state/ira"])
def test_a_part_of_a_code_is_no_code(service: str, code: str) -> None:
    assert matched(one(service, code)) == ""


def test_a_type_or_a_property_tells_namesakes_apart(service: str) -> None:
    assert matched(one(service, "Georgia", type=f"{NS}State")) == "state/georgia"
    assert (
        matched(one(service, "Zangezur Corridor", type=[f"{NS}InfrastructureProject"])) == "project/zangezur-corridor"
    )
    assert matched(one(service, "Nakhchivan", type={"id": f"{NS}Settlement"})) == "settlement/nakhchivan"
    fips = [{"pid": f"{NS}fipsCode", "v": "rs"}]
    assert matched(one(service, "RS", properties=fips)) == "state/russia"
    assert matched(one(service, "Rusya", properties=fips)) == "state/russia"
    assert matched(batch(service, {"q": {"properties": fips}})["q"]) == "state/russia"


def test_a_property_that_speaks_against_a_name_forbids_the_match(service: str) -> None:
    found = one(service, "Russia", properties=[{"pid": f"{NS}isoAlpha2Code", "v": "IR"}])
    assert found[0]["id"] == "state/russia"
    assert found[0]["score"] < 100
    assert matched(found) == ""


def test_what_many_share_matches_nothing(service: str) -> None:
    found = batch(service, {"q": {"properties": [{"pid": f"{NS}m49SubregionCode", "v": "145"}], "limit": 50}})["q"]
    assert sum(each["score"] == 100 for each in found) > 3
    assert matched(found) == ""


def test_the_value_of_a_property_may_be_a_thing_its_name_or_several(service: str) -> None:
    for value in ({"id": "state/armenia"}, "Armenia", "Հայաստան", ["nobody", {"id": "state/armenia"}]):
        found = one(service, "Armenian government", properties=[{"pid": f"{NS}isGovernmentOf", "v": value}])
        assert found[0]["id"] == "government/armenia-2018"
        fits = {each["id"]: each["value"] for each in found[0]["features"]}
        assert fits[f"{NS}isGovernmentOf"] == 100


@pytest.mark.parametrize(
    ("strict", "types", "expected"),
    [
        ("any", ["State", "Person"], True),
        ("all", ["State", "Actor"], True),
        ("all", ["State", "Person"], False),
        ("any", ["Person"], False),
        ("should", ["Person"], True),
    ],
)
def test_strictness_of_types(service: str, strict: str, types: list[str], expected: bool) -> None:
    found = one(service, "Iran", type=[NS + each for each in types], type_strict=strict)
    assert ("state/iran" in [each["id"] for each in found]) == expected
    if strict == "should":
        assert matched(found) == ""


def test_features_make_the_score(service: str) -> None:
    more: dict[str, Any] = {"type": [f"{NS}State", f"{NS}Person"], "type_strict": "should"}
    found = one(service, "Irann", properties=[{"pid": f"{NS}isoAlpha2Code", "v": "IR"}], **more)
    assert found[0]["id"] == "state/iran"
    features = {each["id"]: each["value"] for each in found[0]["features"]}
    assert features.keys() == {"types", "name", f"{NS}isoAlpha2Code"}
    assert features["types"] == 50
    assert features[f"{NS}isoAlpha2Code"] == 100
    assert 80 < features["name"] < 100
    assert found[0]["score"] == pytest.approx((50 + 2 * features["name"] + 100) / 4, abs=0.01)


def test_a_limit_is_kept_and_there_is_one_without(service: str) -> None:
    assert len(one(service, "Iran", limit=2)) == 2
    assert len(one(service, "Iran")) == 10
    all_alike = {
        "q": {
            "properties": [{"pid": f"{NS}isoAlpha2Code", "v": "R"}, {"pid": LABEL, "v": list("aimst")}],
            "limit": 10**9,
        }
    }
    assert len(batch(service, all_alike)["q"]) == 25
