"""Results as files, written batch by batch: what is held in memory is a batch or two, however long the result is.

    with ResultFile(Path("result.parquet")) as file:
        file.write(batch)          # pyarrow.RecordBatch; the first says the columns
        file.finish()              # now it is there, whole

Until `finish` the rows are in a file of another name beside it, which is removed if it never comes to that.
"""

from maestro_client.files.form import SUFFIXES, NotAFileError
from maestro_client.files.result_file import ResultFile

__all__ = ["SUFFIXES", "NotAFileError", "ResultFile"]
