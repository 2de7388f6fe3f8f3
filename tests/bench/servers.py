"""Private PostgreSQL servers for measuring, and what their processes use."""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def say(text):
    print(text, flush=True)


def program(name):
    found = shutil.which(name)
    if found and name not in ("initdb", "postgres"):
        return found
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"), key=_version, reverse=True)
    places += glob.glob(f"/usr/pgsql-*/bin/{name}")
    if not (places or found):
        raise SystemExit(f"{name} is not installed; tests/run installs it")
    return places[0] if places else found


def _version(path):
    return float(path.split("/")[4]) if path.split("/")[4].replace(".", "").isdigit() else 0


def account():
    """Servers refuse to be root."""
    if os.geteuid() != 0:
        return {}
    user = "postgres" if "postgres" in {u.pw_name for u in pwd.getpwall()} else "nobody"
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A server with its defaults but for memory, checkpoints and the number of connections."""

    SETTINGS = {
        "listen_addresses": "127.0.0.1", "max_connections": "200", "shared_buffers": "256MB",
        "max_wal_size": "4GB", "checkpoint_timeout": "30min", "maintenance_work_mem": "128MB",
        "autovacuum": "off", "max_locks_per_transaction": "512",
    }

    def __init__(self, home):
        self.port = free_port()
        self.env = {**os.environ, "PGHOST": "127.0.0.1", "PGPORT": str(self.port),
                    "PGUSER": "postgres", "PGTZ": "UTC"}
        home.mkdir(mode=0o755)
        if account():
            shutil.chown(home, account()["user"], account()["group"])
        quiet = {"stdout": subprocess.DEVNULL, "cwd": home, **account()}
        subprocess.run([program("initdb"), "-D", home / "data", "-U", "postgres", "-E", "UTF8",
                        "--locale=C.UTF-8", "--auth=trust", "--no-sync"], check=True, **quiet)
        settings = {**self.SETTINGS, "unix_socket_directories": str(home)}
        line = "".join(f"{key} = '{value}'\n" for key, value in settings.items())
        (home / "data" / "postgresql.auto.conf").write_text(line)
        with open(home / "log", "wb") as log:
            self.process = subprocess.Popen(
                [program("postgres"), "-D", home / "data", "-p", str(self.port)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home,
                start_new_session=True, **account())
        deadline = time.monotonic() + 60
        while subprocess.run(self.psql("postgres", "SELECT 1"), env=self.env,
                             capture_output=True).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("PostgreSQL did not start:\n" + (home / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait()

    def url(self, database):
        return f"postgres://postgres@127.0.0.1:{self.port}/{database}"

    def psql(self, database, statement):
        return [program("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database,
                "-c", statement]

    def ask(self, database, statement):
        done = subprocess.run(self.psql(database, statement), env=self.env, check=True,
                              capture_output=True, text=True)
        return done.stdout.strip()

    def run(self, database, script):
        subprocess.run(self.psql(database, "SELECT 1")[:-2] + ["-f", "-"], env=self.env, check=True,
                       input=script, text=True, stdout=subprocess.DEVNULL)

    def renew(self, database):
        self.ask("postgres", f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        self.ask("postgres", f"CREATE DATABASE {database} TEMPLATE template0")

    def checkpoint(self):
        self.ask("postgres", "CHECKPOINT")

    def version(self):
        return self.ask("postgres", "SELECT split_part(version(), ' on ', 1)")

    def processor_seconds(self):
        """Of the server and all its processes, also those that have ended."""
        total = _ticks(self.process.pid, ended_children=True)
        for stat in glob.glob("/proc/[0-9]*/stat"):
            pid = int(Path(stat).parent.name)
            if _parent(pid) == self.process.pid:
                total += _ticks(pid)
        return total / TICKS


def _fields(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except (OSError, IndexError):
        return []


def _parent(pid):
    fields = _fields(pid)
    return int(fields[1]) if fields else None


def _ticks(pid, ended_children=False):
    fields = _fields(pid)
    if not fields:
        return 0
    return sum(int(f) for f in (fields[11:15] if ended_children else fields[11:13]))


def process_seconds(pid):
    return _ticks(pid) / TICKS


def peak_memory_mb(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0
