"""The connections that are proven, in the order of the plan of the house, and what flows on each."""

from typing import Final

SCANNER_LOADER = "scanner → loader"
MAPPER_LOADER = "mapper → loader"
LOADER_PROVIDER = "loader → provider"
ENRICHER_PROCESSOR = "enricher → processor"
MEMORIZER_PROCESSOR = "memorizer → processor"
LEARNER_ANALYZER = "learner → analyzer"
ANALYZER_MAPPER = "analyzer → mapper"
SCANNER_MAPPER = "scanner → mapper"
STEPS_VALIDATOR = "every step → validator"
ORCHESTRATOR_COORDINATOR = "orchestrator → coordinator"
ORCHESTRATOR_MONITOR = "orchestrator → monitor"
PROVIDER_MONITOR = "provider → monitor"

CONNECTIONS: Final[dict[str, str]] = {
    SCANNER_LOADER: "tables, keys, indexes and statistics",
    MAPPER_LOADER: "what terms, named filters, metrics and join paths mean",
    LOADER_PROVIDER: "rows, and the statements that fetched them",
    ENRICHER_PROCESSOR: "comparisons, shares and trends beside a result",
    MEMORIZER_PROCESSOR: "the history of the conversation",
    LEARNER_ANALYZER: "patterns learned from confirmed answers",
    ANALYZER_MAPPER: "what an unknown word comes near to in meaning",
    SCANNER_MAPPER: "the live schema",
    STEPS_VALIDATOR: "question, plan, statement, result and answer",
    ORCHESTRATOR_COORDINATOR: "the day and zone that a request means, and whether they are any",
    ORCHESTRATOR_MONITOR: "where the time of a question goes, step by step",
    PROVIDER_MONITOR: "where the time of the data goes, and which plan became which statement",
}
