"""Every competency question, asked of foreign stores as it lies, has the rows that were typed by hand."""

import pytest
from araxes.project import Release
from backends.running import Running
from graph.test_questions import NUMBER, QUESTIONS, Table, rows, same
from helpers import Reply, request

COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
GRAPHS = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"


def asked(store: Running, text: str, accept: str = "text/csv") -> Reply:
    """Return the answer of a store to a query in a form."""
    reply = request(store.url, {"query": text}, accept=accept)
    assert reply.status == 200, reply.text
    return reply


def table(store: Running, text: str) -> Table:
    """Return the CSV answer of a store."""
    return rows(asked(store, text).text)


def test_all_are_answered_as_here(store: Running) -> None:
    right = [name for name, question in QUESTIONS.items() if same(question, table(store, question.text))]
    assert sorted(QUESTIONS.keys() - right) == []
    assert sum(name.startswith("pq") for name in right) == NUMBER


def test_the_default_graph_is_the_union_without_duplicates(store: Running, release: Release) -> None:
    assert table(store, COUNT)[1:] == [(str(release.manifest["distinct_triples"]),)]


def test_the_named_graphs_are_those_of_the_release(store: Running, release: Release) -> None:
    lines = (release.folder / "dataset.nq").read_text("utf-8").splitlines()
    found = {graph: int(count) for graph, count in table(store, GRAPHS)[1:]}
    names = [line.rsplit(" ", 2)[1].strip("<>") for line in lines]
    assert found == {name: names.count(name) for name in set(names)}


def test_replicas_read_one_folder_and_the_rest_answers_where_one_is_killed(
    oxigraph_replicas: list[Running], release: Release
) -> None:
    wanted = [(str(release.manifest["distinct_triples"]),)]
    assert [table(each, COUNT)[1:] for each in oxigraph_replicas] == [wanted] * len(oxigraph_replicas)
    oxigraph_replicas[0].process.kill()
    oxigraph_replicas[0].process.wait()
    with pytest.raises(OSError, match="refused"):
        asked(oxigraph_replicas[0], COUNT)
    assert [table(each, COUNT)[1:] for each in oxigraph_replicas[1:]] == [wanted] * (len(oxigraph_replicas) - 1)
