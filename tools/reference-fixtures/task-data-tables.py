"""Writes libs/stages/task-data/test/fixtures/: the same little table as Parquet and Arrow files in the forms that pyarrow knows."""

import sys
from pathlib import Path

import pyarrow
from pyarrow import feather, ipc, parquet

TARGET = Path(__file__).parents[2] / "libs/stages/task-data/test/fixtures"
ROWS_PER_GROUP = 2

table = pyarrow.table(
    {
        "premise": ["one", "two, quoted \"so\"", "naïve", "four", "五"],
        "hypothesis": pyarrow.array(["a", "b", "c", "d", "e"], pyarrow.large_string()),
        "label": pyarrow.array([0, 2, 1, 0, 2], pyarrow.int64()),
        "kind": pyarrow.array(["no", "yes", "no", "yes", "yes"]).dictionary_encode(),
        "score": [0.0, 5.0, 2.5, 1.25, 3.75],
        "tags": [["rude"], [], ["rude", "threat"], ["threat"], ["threat", "rude"]],
        "rude": [True, False, True, False, True],
        "threat": pyarrow.array([0, 0, 1, 1, 1], pyarrow.int8()),
    }
)

TARGET.mkdir(exist_ok=True)
for compression in ["none", "snappy", "gzip", "brotli", "lz4", "zstd"]:
    parquet.write_table(table, TARGET / f"{compression}.parquet", compression=compression, row_group_size=ROWS_PER_GROUP)
for name, create in [("file", ipc.new_file), ("stream", ipc.new_stream)]:
    with create(TARGET / f"{name}.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=ROWS_PER_GROUP)
feather.write_feather(table, TARGET / "lz4.arrow", compression="lz4")
(TARGET / "provenance.txt").write_text(
    f"tools/reference-fixtures/task-data-tables.py with Python {sys.version.split()[0]}, pyarrow {pyarrow.__version__}\n"
)
