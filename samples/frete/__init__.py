"""The database of a Brazilian wholesaler that ships goods to supermarket chains; all companies are invented.

    from samples.frete.postgres import fill
    from samples.frete.sample import ANCHOR, Sample

    fill("postgresql://maestro@/frete?host=...", Sample(rows=20_000, seed=7))

or `python -m samples.frete --url URL --rows N --seed S --anchor YYYY-MM-DD --indexes full|legacy`. Dates are
relative to the anchor, which is "today" in the sample; questions about it are asked as of that day. The
semantic model is in `model/`, questions with their gold answers are in `questions.jsonl`.
"""
