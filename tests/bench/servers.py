"""Private PostgreSQL and MariaDB servers for measuring, and what their processes use."""
import glob
import os
import pwd
import shutil
import signal
import socket
import subprocess
import threading
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


def account(wanted="postgres"):
    """Servers refuse to be root."""
    if os.geteuid() != 0:
        return {}
    user = wanted if wanted in {u.pw_name for u in pwd.getpwall()} else "nobody"
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# Runs at the end of this process, however it ends: it reads from a pipe that nobody else holds open.
LEASH = r"""
trap '' INT TERM HUP QUIT
cat >/dev/null
for file in "$1"/*/data/postmaster.pid; do
    pid=$(head -n 1 "$file" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
done
for file in "$1"/*/pid; do
    pid=$(cat "$file" 2>/dev/null) && kill -9 "$pid" 2>/dev/null
done
for environ in /proc/[0-9]*/environ; do
    pid=${environ#/proc/}; pid=${pid%/environ}
    if [ "$pid" != $$ ] && grep -qzxF "TIDEGATE_BENCH=$1" "$environ" 2>/dev/null; then
        kill -9 "$pid" 2>/dev/null
    fi
done
n=0
while [ $n -lt 100 ]; do
    rm -rf "$1" 2>/dev/null && break
    sleep 0.1
    n=$((n + 1))
done
"""


class Leash:
    """Stops the servers and engines of `folder` and removes it, also after a kill -9 of this one."""

    def __init__(self, folder):
        self.shell = subprocess.Popen(
            ["sh", "-c", LEASH, "leash", str(folder)], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def release(self):
        self.shell.stdin.close()
        self.shell.wait()


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
        return _processor_seconds(self.process)


class MariaDb:
    """A MariaDB server with its defaults but for memory and the size of its log."""

    SETTINGS = ["--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-buffer-pool-size=256M",
                "--innodb-log-file-size=1G", "--max-allowed-packet=64M", "--local-infile=1",
                "--secure-file-priv=", "--max-connections=200", "--default-time-zone=+00:00",
                "--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin"]

    def __init__(self, home):
        self.port, self.home = free_port(), home
        self.env = {**os.environ}
        home.mkdir(mode=0o755)
        # What the server itself writes and reads.
        self.files = home / "files"
        self.files.mkdir(mode=0o777)
        self.files.chmod(0o777)
        who = account("mysql")
        if who:
            shutil.chown(home, who["user"], who["group"])
        quiet = {"stdout": subprocess.DEVNULL, "cwd": home, **who}
        subprocess.run([program("mariadb-install-db"), "--no-defaults", f"--datadir={home / 'data'}",
                        "--auth-root-authentication-method=normal", "--skip-test-db"],
                       check=True, stderr=subprocess.DEVNULL, **quiet)
        (home / "init.sql").write_text("CREATE USER IF NOT EXISTS tidegate@'127.0.0.1';\n"
                                       "GRANT ALL ON *.* TO tidegate@'127.0.0.1';\n")
        with open(home / "log", "wb") as log:
            self.process = subprocess.Popen(
                [program("mariadbd"), "--no-defaults", f"--datadir={home / 'data'}",
                 f"--socket={home / 'sock'}", f"--pid-file={home / 'pid'}", f"--port={self.port}",
                 f"--init-file={home / 'init.sql'}", *self.SETTINGS],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=home,
                start_new_session=True, **who)
        deadline = time.monotonic() + 60
        while subprocess.run(self.client("mysql", "SELECT 1"), capture_output=True).returncode:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("MariaDB did not start:\n" + (home / "log").read_text()[-2000:])
            time.sleep(0.05)

    def stop(self):
        self.process.kill()
        self.process.wait()

    def options(self):
        return f"--no-defaults --protocol=tcp -h 127.0.0.1 -P {self.port} -u tidegate"

    def client(self, database, statement):
        return [program("mariadb"), *self.options().split(), "--local-infile=1", "-N", "-B", "-D",
                database, "-e", statement]

    def url(self, database):
        return f"mysql://tidegate@127.0.0.1:{self.port}/{database}"

    def ask(self, database, statement):
        done = subprocess.run(self.client(database, statement), check=True, capture_output=True,
                              text=True)
        return done.stdout.strip()

    def run(self, database, script):
        subprocess.run(self.client(database, "SELECT 1")[:-2], check=True, input=script, text=True,
                       stdout=subprocess.DEVNULL)

    def renew(self, database):
        self.ask("mysql", f"DROP DATABASE IF EXISTS {database}; CREATE DATABASE {database}")

    def checkpoint(self):
        self.ask("mysql", "FLUSH TABLES; SET GLOBAL innodb_log_checkpoint_now = ON")

    def version(self):
        return "MariaDB " + self.ask("mysql", "SELECT version()")

    def processor_seconds(self):
        return _processor_seconds(self.process)


class Watch:
    """The most memory that the children of this process, servers aside, had at one moment."""

    EVERY_SECONDS = 0.05

    def __init__(self, servers):
        self.aside = {server.process.pid for server in servers}
        self.peak_kb = 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self):
        while not self.over.wait(self.EVERY_SECONDS):
            self.peak_kb = max(self.peak_kb, sum(_memory_kb(pid) for pid in self.children()))

    def children(self):
        below = {}
        for stat in glob.glob("/proc/[0-9]*/stat"):
            pid = int(Path(stat).parent.name)
            below.setdefault(_parent(pid), []).append(pid)
        found, looked = [], [os.getpid()]
        while looked:
            for pid in below.get(looked.pop(), []):
                if pid not in self.aside:
                    found.append(pid)
                    looked.append(pid)
        return found

    def end(self):
        self.over.set()
        self.thread.join()
        return self.peak_kb / 1024


def _memory_kb(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except OSError:
        pass
    return 0


def _processor_seconds(process):
    """Of the server and all its processes, also those that have ended."""
    total = _ticks(process.pid, ended_children=True)
    for stat in glob.glob("/proc/[0-9]*/stat"):
        pid = int(Path(stat).parent.name)
        if _parent(pid) == process.pid:
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
