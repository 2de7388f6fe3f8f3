"""What is measured: tidegate, the limit of the servers, and other tools. Each run gives seconds,
processor seconds of the client and of both servers, and the client's peak memory where known."""
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from servers import Watch, peak_memory_mb, process_seconds, say


class Bench:
    def __init__(self, folder, binary, threads, index_jobs):
        self.folder, self.binary = folder, binary
        self.threads, self.index_jobs = threads, index_jobs


def children_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def shell(command, env=None, **more):
    done = subprocess.run(command, shell=True, executable="/bin/bash", env=env, text=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, **more)
    if done.returncode:
        raise RuntimeError(f"{command}\n{done.stderr[-2000:]}")


class Runner:
    """A tool that runs as children of this process."""
    name = ""

    def __init__(self, bench, source, target):
        self.bench, self.source, self.target = bench, source, target

    def run(self):
        if not self.is_there():
            say(f"!! {self.name}: not installed, left out")
            return None
        servers = [self.source, self.target]
        busy = sum(s.processor_seconds() for s in servers)
        watch = Watch(Tidegate.servers)
        children, started = children_seconds(), time.monotonic()
        try:
            self.copy()
        except RuntimeError as error:
            say(f"!! {self.name}: failed, left out: {error}")
            return None
        finally:
            seconds = time.monotonic() - started
            memory = watch.end()
        client = children_seconds() - children
        return {"seconds": seconds, "client": client, "memory_mb": memory,
                "servers": sum(s.processor_seconds() for s in servers) - busy}

    def is_there(self):
        return True

    def copy(self):
        raise NotImplementedError

    def ends(self):
        return (f"-h 127.0.0.1 -U postgres -p {self.source.port} -d source",
                f"-h 127.0.0.1 -U postgres -p {self.target.port} -d target")

    def in_streams(self, commands, streams):
        """As `xargs -P`: the next command as soon as one is done."""
        with ThreadPoolExecutor(streams) as pool:
            list(pool.map(shell, commands))


class Tidegate:
    """The engine is a process of its own, so it is watched where it runs."""
    name = "tidegate"
    servers = ()
    count = 0

    def __init__(self, bench, source, target, *more):
        self.bench, self.source, self.target, self.more = bench, source, target, more
        self.home = bench.folder / "home"
        for part in ("state", "config", "run"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        (self.home / "run").chmod(0o700)
        self.env = {**os.environ, "HOME": str(self.home), "TIDEGATE_BENCH": str(bench.folder)}
        for part, variable in (("state", "XDG_STATE_HOME"), ("config", "XDG_CONFIG_HOME"),
                               ("run", "XDG_RUNTIME_DIR")):
            self.env[variable] = str(self.home / part)

    def command(self, *words):
        return subprocess.run([self.bench.binary, *words], env=self.env, text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def spec(self):
        threads, jobs = str(self.bench.threads), str(self.bench.index_jobs)
        return ["--from", self.source, "--to", self.target, "--threads", threads,
                "--index-workers", jobs, *self.more]

    def next_job(self):
        Tidegate.count += 1
        return f"bench-{Tidegate.count}"

    def run(self):
        job = self.next_job()
        busy, children = all_servers_seconds(), children_seconds()
        started = time.monotonic()
        done = self.command("copy", "--job", job, "--quiet", *self.spec())
        seconds = time.monotonic() - started
        if done.returncode:
            say(f"tidegate failed ({done.returncode}):\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
            return None
        status = self.command("status", job, "--json")
        pid = json.loads(status.stdout.splitlines()[-1]).get("engine_pid") if status.stdout else None
        if not pid:
            say("tidegate: the engine has left, its memory and time are not known")
        client = children_seconds() - children + (process_seconds(pid) if pid else 0)
        result = {"seconds": seconds, "client": client,
                  "memory_mb": peak_memory_mb(pid) if pid else 0.0,
                  "servers": all_servers_seconds() - busy}
        if pid:
            os.kill(pid, signal.SIGKILL)
        return result

    def plan(self):
        job = self.next_job()
        started = time.monotonic()
        done = self.command("new", job, *self.spec())
        seconds = time.monotonic() - started
        if done.returncode:
            say(f"planning failed: {done.stderr[-2000:]}")
        return seconds


class Prepared(Tidegate):
    """Into tables that are there."""

    def __init__(self, bench, source, target, before, *more):
        super().__init__(bench, source, target, *more)
        self.before = before

    def run(self):
        self.before()
        return super().run()


def all_servers_seconds():
    return sum(server.processor_seconds() for server in Tidegate.servers)


TABLES_BY_SIZE = """SELECT relname || ' ' || relpages FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relpages DESC"""


class Pipes(Runner):
    """The limit: psql to psql in COPY's binary form, large tables cut by ctid, then the indexes."""
    name = "psql pipes (the limit)"

    def copy(self):
        (here, there), folder = self.ends(), self.bench.folder
        archive = folder / "schema.dump"
        shell(f"pg_dump -Fc --schema-only {here} -f {archive}")
        shell(f"pg_restore --section=pre-data {there} {archive}")
        self.in_streams(self.pieces(here, there), self.bench.threads)
        shell(f"pg_restore --section=post-data -j {self.bench.index_jobs} {there} {archive}")
        shell(f"psql -Xq {there} -c ANALYZE")

    def pieces(self, here, there):
        pages_each = 4096  # 32 MiB, as tidegate cuts.
        for line in self.source.ask("source", TABLES_BY_SIZE).splitlines():
            table, pages = line.split()
            for first in range(0, max(int(pages), 1), pages_each):
                last = first + pages_each
                until = f" AND ctid < '({last},0)'" if last < int(pages) else ""
                where = f"ctid >= '({first},0)'{until}"
                yield (f"set -o pipefail; psql -Xq {here} -c \"COPY (SELECT * FROM {table} WHERE {where})"
                       f" TO STDOUT (FORMAT binary)\" | psql -Xq {there} -c"
                       f" \"COPY {table} FROM STDIN (FORMAT binary)\"")


class Pgcopydb(Runner):
    name = "pgcopydb clone"

    def is_there(self):
        return shutil.which("pgcopydb") is not None

    def copy(self):
        work = self.bench.folder / "pgcopydb"
        shutil.rmtree(work, ignore_errors=True)
        threads, jobs = self.bench.threads, self.bench.index_jobs
        shell(f"pgcopydb clone --source '{self.source.url('source')}' --target"
              f" '{self.target.url('target')}' --dir {work} --table-jobs {threads} --index-jobs {jobs}"
              " --split-tables-larger-than 32MB --no-owner --no-acl --restart")
        shutil.rmtree(work, ignore_errors=True)


class DumpDirectory(Runner):
    name = "pg_dump -j, pg_restore -j"

    def copy(self):
        (here, there), folder = self.ends(), self.bench.folder / "dump"
        shutil.rmtree(folder, ignore_errors=True)
        shell(f"pg_dump -Fd -Z0 -j {self.bench.threads} {here} -f {folder}")
        shell(f"pg_restore -j {self.bench.threads} {there} {folder}")
        shell(f"psql -Xq {there} -c ANALYZE")
        shutil.rmtree(folder, ignore_errors=True)


class DumpPipe(Runner):
    name = "pg_dump to psql"

    def copy(self):
        here, there = self.ends()
        shell(f"set -o pipefail; pg_dump {here} | psql -Xq {there} -v ON_ERROR_STOP=1")
        shell(f"psql -Xq {there} -c ANALYZE")


class Files(Runner):
    """The limit where the source is no PostgreSQL: the same rows from files in COPY's binary form."""
    name = "psql from files (limit)"
    parts = ()

    def prepare(self, server, database):
        self.folder = self.bench.folder / "files"
        self.folder.mkdir(mode=0o777, exist_ok=True)
        self.archive = self.folder / "schema.dump"
        ends = f"-h 127.0.0.1 -U postgres -p {server.port} -d {database}"
        shell(f"pg_dump -Fc --schema-only --exclude-schema=tidegate {ends} -f {self.archive}")
        self.parts, pages_each = [], 4096
        server.ask(database, "ANALYZE")
        for line in server.ask(database, TABLES_BY_SIZE).splitlines():
            table, pages = line.split()
            for first in range(0, max(int(pages), 1), pages_each):
                last = first + pages_each
                until = f" AND ctid < '({last},0)'" if last < int(pages) else ""
                file = self.folder / f"{table}.{first}"
                shell(f"psql -Xq {ends} -c \"COPY (SELECT * FROM {table} WHERE ctid >= '({first},0)'"
                      f"{until}) TO STDOUT (FORMAT binary)\" > {file}")
                self.parts.append((table, file))

    def before(self):
        shell(f"pg_restore --section=pre-data {self.ends()[1]} {self.archive}")

    def after(self):
        jobs = self.bench.index_jobs
        shell(f"pg_restore --section=post-data -j {jobs} {self.ends()[1]} {self.archive}")
        shell(f"psql -Xq {self.ends()[1]} -c ANALYZE")

    def copy(self):
        self.before()
        there = self.ends()[1]
        loads = [f"psql -Xq {there} -c \"COPY {table} FROM STDIN (FORMAT binary)\" < {file}"
                 for table, file in self.parts]
        self.in_streams(loads, self.bench.threads)
        self.after()


class SqlitePipe(Runner):
    """What a person would type: CSV from sqlite3 into psql, a stream per table."""
    name = "sqlite3 to psql, CSV"

    def __init__(self, bench, file, target, limit):
        super().__init__(bench, target, target)
        self.file, self.limit = file, limit
        self.tables = ["event", "order_line", "orders", "customer"]

    def run(self):
        result = super().run()
        if result:
            result["servers"] /= 2  # The source is a file: there is one server, asked twice.
        return result

    def is_there(self):
        return shutil.which("sqlite3") is not None

    def copy(self):
        self.limit.before()
        there = self.ends()[1]
        loads = []
        for table in self.tables:
            # sqlite3 prints floats with 15 digits and blobs as they are, unless told otherwise.
            columns = {
                "event": "id, at, customer_id, kind, payload, printf('%!.17g', amount), flags,"
                         " char(92) || 'x' || lower(hex(ref))",
                "order_line": "order_id, line, sku, quantity, printf('%!.17g', price)",
            }.get(table, "*")
            query = f"SELECT {columns} FROM {table}"
            loads.append(f"set -o pipefail; sqlite3 -readonly -csv {self.file} \"{query}\" | psql -Xq"
                         f" {there} -c \"COPY {table} FROM STDIN (FORMAT csv)\"")
        self.in_streams(loads, self.bench.threads)
        self.limit.after()
