"""The few names that code needs to know: where things are minted, and the graphs a file belongs to."""

BASE = "https://w3id.org/araxes/"
NS = BASE + "ns/"
THINGS = BASE + "id/"
GRAPHS = BASE + "graph/"

ONTOLOGY_GRAPH = GRAPHS + "ontology"
INFERRED_GRAPH = GRAPHS + "inferred"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
SH = "http://www.w3.org/ns/shacl#"
XSD = "http://www.w3.org/2001/XMLSchema#"

RDF_TYPE = RDF + "type"
RDFS_LABEL = RDFS + "label"
