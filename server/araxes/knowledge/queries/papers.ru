# What a release makes: an ontology of each graph, and three that bring parts together; each in a graph of its name

PREFIX bibo: <http://purl.org/ontology/bibo/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX graph: <https://w3id.org/araxes/graph/>
PREFIX module: <https://w3id.org/araxes/ontology/>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX vann: <http://purl.org/vocab/vann/>

# what OWL's tools are told to be individuals, apart and in each graph that names them
INSERT { GRAPH <urn:araxes:declared> { ?thing a owl:NamedIndividual } }
WHERE {
  {
    ?thing a ?class .
    ?class a owl:Class .
  }
  UNION
  {
    ?subject ?property ?thing .
    ?property a owl:ObjectProperty .
  }
  FILTER ISIRI(?thing)
} ;

INSERT { GRAPH ?graph { ?thing a owl:NamedIndividual } }
WHERE {
  GRAPH <urn:araxes:declared> { ?thing a owl:NamedIndividual }
  GRAPH ?graph { { ?thing ?property ?value } UNION { ?subject ?property ?thing } }
} ;

# headers: what they share is said once, by the umbrella; a source's graph is named after its document
INSERT {
  GRAPH ?made {
    ?made a owl:Ontology ;
      owl:versionIRI ?versioned ;
      dcterms:title ?title ;
      dcterms:abstract ?abstract ;
      dcterms:description ?description ;
      dcterms:bibliographicCitation ?citation ;
      skos:historyNote "Each release makes it anew from the files of its version."@en ;
      ?shared ?value ;
      dcterms:source ?document ;
      owl:imports ?import .
  }
}
WHERE {
  OPTIONAL { module:araxes owl:versionInfo ?version }
  {
    SELECT DISTINCT ?made ?name ?about ?long ?import ?document
    WHERE {
      {
        GRAPH ?made {}
        FILTER ( STRSTARTS(STR(?made), STR(graph:)) && ?made != graph:ontology )
        OPTIONAL {
          VALUES ( ?made ?known ?is ?more ) {
            ( graph:entities "Entities" "What each thing is that a source speaks of, and nothing that a source says of it."
              "Holds names and kinds of actors, places, agreements, issues and propositions. What sources say of them is in the graph of each source." )
            ( graph:context "Context" "Outside facts about time, each with its reference."
              "Holds what no source says and queries need to put things on a calendar. It can be left out: no position rests on it." )
            ( graph:links "Links" "The same things in other data, each link with its reference."
              "Holds identifiers, codes and names by which tables of others are joined, things that only these name, and the datasets with their licences. It can be left out: no position rests on it." )
            ( graph:geometry "Geometry" "Points of places, each with its source."
              "Holds points as GeoSPARQL has them, longitude first. OWL 2 has no datatype for them, so that this graph is not in OWL's own syntaxes, and in no file that brings others together." )
            ( graph:inferred "Inferred" "What the rules derive from the other graphs."
              "Holds comparisons, shortcuts and wider classes, and that named things are different. A reasoner over the other graphs finds part of it; the comparisons only the rules do." )
          }
        }
        OPTIONAL {
          ?document rdfs:label ?source .
          FILTER ( STR(?document) = REPLACE(STR(?made), "/graph/", "/id/document/") && LANG(?source) = "en" )
        }
        BIND ( COALESCE(?known, ?source, REPLACE(STR(?made), "^.*/", "")) AS ?name )
        BIND ( COALESCE(?is, "What one source says, each statement with its attestation.") AS ?about )
        BIND ( COALESCE(?more, "Holds positions, statements, claims and what else the source gives, with the passages it rests on, and none of the source's own sentences. What the things are is in the entities.") AS ?long )
        BIND ( module:araxes AS ?import )
      }
      UNION
      {
        VALUES ( ?made ?name ?about ?long ) {
          ( module:araxes-merged "The ontology in one file" "Terms, axioms, schemes, translated labels and stubs, with nothing to import."
            "Holds all that the umbrella imports, for who wants to open one file. Who reuses a part takes its module instead." )
          ( module:araxes-merged-with-data "Ontology and data in one file" "All that is served but the points, with nothing to import."
            "Holds the ontology and all graphs but that of geometry, each thing declared an individual, for who wants to open one file. Which graph a statement is from cannot be seen in it." )
        }
      }
      UNION
      {
        VALUES ( ?made ?name ?about ?long ) {
          ( module:araxes-with-data "Ontology and data" "Imports the ontology and each graph of the data but the points."
            "Holds nothing of its own. An editor that opens it shows terms and things, each in the ontology it is from." )
        }
        { GRAPH ?import {} FILTER ( STRSTARTS(STR(?import), STR(graph:)) && ?import NOT IN ( graph:geometry, graph:ontology ) ) }
        UNION
        { BIND ( module:araxes AS ?import ) }
      }
    }
  }
  BIND ( IRI(REPLACE(STR(?made), "/(ontology|graph)/", CONCAT("/$1/", ?version, "/"))) AS ?versioned )
  BIND ( STRLANG(CONCAT("Araxes: ", ?name), "en") AS ?title )
  BIND ( STRLANG(?about, "en") AS ?abstract )
  BIND ( STRLANG(?long, "en") AS ?description )
  BIND ( STRLANG(CONCAT("The Araxes project (2026). Araxes: ", ?name, ". Version ", ?version, ". ", STR(?made)), "en") AS ?citation )
  OPTIONAL {
    VALUES ?shared {
      bibo:status dcterms:created dcterms:creator dcterms:issued dcterms:license dcterms:modified dcterms:publisher dcterms:source
      owl:versionInfo vann:preferredNamespacePrefix vann:preferredNamespaceUri
    }
    module:araxes ?shared ?value .
    FILTER ( ?shared != dcterms:source || STRSTARTS(STR(?made), STR(module:)) )
  }
}
