# What points at a blank node, once more in a graph of its own: the way up to the thing that holds it passes nothing else

INSERT { GRAPH <urn:araxes:nested> { ?holder ?property ?node } }
WHERE {
  ?holder ?property ?node .
  FILTER ISBLANK(?node)
}
