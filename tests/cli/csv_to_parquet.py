"""csv_to_parquet.py BLOCK.csv TIMES BILL.parquet: the rows of a CSV, over and over, as Parquet."""

import sys

import pyarrow
import pyarrow.csv
import pyarrow.parquet

block, times, bill = sys.argv[1], int(sys.argv[2]), sys.argv[3]
table = pyarrow.csv.read_csv(block)
as_text = pyarrow.schema([(name, pyarrow.string()) for name in table.schema.names if not name.endswith("Cost")])
schema = pyarrow.schema([as_text.field(name) if name in as_text.names else (name, pyarrow.float64()) for name in table.schema.names])
table = table.cast(schema)
with pyarrow.parquet.ParquetWriter(bill, schema, compression="snappy") as writer:
    for _ in range(times):
        writer.write_table(table)
