"""Tools between engines, and between MariaDB servers: pgloader, mydumper and myloader, mariadb-dump,
and the limit: the servers' own bulk forms, piped or through files."""
import shutil

import data
from tools import Runner, shell


class Pgloader(Runner):
    """With its defaults, but for as many workers as the others have streams, and for types that keep
    every value (its own make `real` of SQLite's REAL, and `timestamptz` of moments without a zone)."""
    name = "pgloader"

    def __init__(self, bench, source, target, address, content, before=None):
        super().__init__(bench, source or target, target)
        self.one_server = source is None
        self.address, self.content, self.before = address, content, before

    def is_there(self):
        return shutil.which("pgloader") is not None

    def run(self):
        result = super().run()
        if result and self.one_server:
            result["servers"] /= 2  # The source is a file: there is one server, asked twice.
        return result

    def casts(self):
        if self.address.startswith("mysql:"):
            return ("CAST type datetime to timestamp drop default using zero-dates-to-null,"
                    " type bigint to bigint drop typemod, type int to integer drop typemod")
        return ("CAST type real to \"double precision\" drop typemod using float-to-string,"
                " type timestamp to timestamp drop typemod"
                " EXCLUDING TABLE NAMES LIKE 'sqlite_stat%'")

    def copy(self):
        if self.before:
            self.before()
        wishes = [self.content, f"workers = {self.bench.threads}", "concurrency = 1"]
        if self.address.startswith("mysql:"):
            wishes.append(f"max parallel create index = {self.bench.index_jobs}")
        work = self.bench.folder / "pgloader"
        work.mkdir(exist_ok=True)
        script = work / "copy.load"
        script.write_text(
            f"LOAD DATABASE FROM {self.address}\n"
            f"INTO postgresql://postgres@127.0.0.1:{self.target.port}/target\n"
            f"WITH {', '.join(wishes)}\nSET timezone to 'UTC'\n{self.casts()};\n")
        shell(f"pgloader --root-dir {work} --on-error-stop {script} > {work}/log 2>&1"
              f" || {{ tail -n 40 {work}/log >&2; exit 1; }}")
        # It ends with 0 after errors as well.
        log = (work / "log").read_text()
        if " ERROR " in log or " FATAL " in log:
            raise RuntimeError(log[-3000:])


class MysqlToPsql(Runner):
    """The limit: the client's own bulk form into COPY, large tables cut by key."""
    name = "mariadb to psql COPY (limit)"

    def __init__(self, bench, source, target, before, after):
        super().__init__(bench, source, target)
        self.before, self.after = before, after

    def copy(self):
        self.before()
        here = self.source.options()
        there = f"-h 127.0.0.1 -U postgres -p {self.target.port} -d target"
        self.in_streams([
            f"set -o pipefail; mariadb {here} --default-character-set=utf8mb4 --quick -N -B -D source"
            f" -e \"{select}\" | psql -Xq -v ON_ERROR_STOP=1 {there}"
            f" -c \"COPY source.{table} FROM STDIN (NULL 'NULL')\""
            for table, select in data.mysql_pieces(self.source, bytes_as="text")
        ], self.bench.threads)
        self.after()


class MysqlToMysql(Runner):
    """The limit: the client's own bulk form into LOAD DATA, large tables cut by key."""
    name = "mariadb to LOAD DATA (limit)"

    def __init__(self, bench, source, target, before, after):
        super().__init__(bench, source, target)
        self.before, self.after = before, after

    def copy(self):
        self.before()
        here, there = self.source.options(), self.target.options()
        quiet = "SET SESSION foreign_key_checks = 0, unique_checks = 0;"
        commands = []
        for table, select in data.mysql_pieces(self.source, bytes_as="hex"):
            # An unquoted NULL is NULL only where fields may be quoted.
            load = (f"{quiet} LOAD DATA LOCAL INFILE '/dev/stdin' INTO TABLE {table} CHARACTER SET"
                    f" utf8mb4 FIELDS OPTIONALLY ENCLOSED BY X'01' {data.MYSQL_LOAD.get(table, '')}")
            commands.append(
                f"set -o pipefail; mariadb {here} --default-character-set=utf8mb4 --quick -N -B"
                f" -D source -e \"{select}\" | mariadb {there} --local-infile=1 -D target"
                f" -e \"{load}\"")
        self.in_streams(commands, self.bench.threads)
        self.after()


class MysqlFiles(Runner):
    """mariadb-dump --tab and LOAD DATA INFILE: the servers write and read the files themselves, a
    stream per table."""
    name = "dump --tab, LOAD DATA INFILE"

    def __init__(self, bench, source, target, before, after):
        super().__init__(bench, source, target)
        self.before, self.after = before, after

    def copy(self):
        self.before()
        files = self.source.files
        for old in files.iterdir():
            old.unlink()
        tables = data.MYSQL_TABLES
        self.in_streams([
            f"mariadb-dump {self.source.options()} --no-create-info --skip-triggers --hex-blob"
            f" --default-character-set=binary --tab={files} source {table}" for table in tables
        ], self.bench.threads)
        shell(f"chmod a+r {files}/*")
        quiet = "SET SESSION foreign_key_checks = 0, unique_checks = 0;"
        self.in_streams([
            f"mariadb {self.target.options()} -D target -e \"{quiet} LOAD DATA INFILE"
            f" '{files}/{table}.txt' INTO TABLE {table} CHARACTER SET binary\"" for table in tables
        ], self.bench.threads)
        for old in files.iterdir():
            old.unlink()
        self.after()


class Mydumper(Runner):
    name = "mydumper, myloader"

    def is_there(self):
        return bool(shutil.which("mydumper") and shutil.which("myloader"))

    def copy(self):
        folder = self.bench.folder / "mydumper"
        shutil.rmtree(folder, ignore_errors=True)
        threads = self.bench.threads
        end = "-h 127.0.0.1 -u tidegate -P {}"
        shell(f"mydumper {end.format(self.source.port)} -B source -o {folder} -t {threads}"
              " --rows 100000")
        shell(f"myloader {end.format(self.target.port)} -s source -B target -d {folder} -t {threads}"
              " --overwrite-tables")
        shutil.rmtree(folder, ignore_errors=True)


class MariadbDump(Runner):
    name = "mariadb-dump to mariadb"

    def copy(self):
        shell(f"set -o pipefail; mariadb-dump {self.source.options()} --single-transaction --quick"
              f" --hex-blob source | mariadb {self.target.options()} -D target")
