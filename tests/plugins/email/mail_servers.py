"""Real mail servers of Debian on loopback, each with a folder of its own: Dovecot for IMAP, Postfix for SMTP."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from imap_tools import MailboxLoginError, MailBoxUnencrypted

USER, PASSWORD = "castell", "s3cret with spaces"
WAIT = 20
"""Seconds that a server may take to do what it was asked."""


def dovecot_is_here() -> bool:
    return Path("/usr/sbin/dovecot").exists() and Path("/usr/lib/dovecot/imap").exists()


def postfix_is_here() -> bool:
    return Path("/usr/sbin/postfix").exists() and os.getuid() == 0  # its master will run as nobody else


def free_port() -> int:
    with closing(socket.socket()) as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + WAIT
    while True:
        with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
            return
        if time.monotonic() > until:
            raise TimeoutError(f"nothing listens on port {port}")
        time.sleep(0.05)


@dataclass
class Dovecot:
    """An IMAP server with one mailbox."""

    folder: Path
    port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    certificate: Path | None = None
    key: Path | None = None

    def __post_init__(self) -> None:
        me, mine = pwd.getpwuid(os.getuid()), grp.getgrgid(os.getgid())
        root = os.getuid() == 0
        self.user = "mail" if root else me.pw_name
        group = "mail" if root else mine.gr_name
        self.mail = self.folder / "mail"
        self.mail.mkdir(parents=True)
        self.config = self.folder / "dovecot.conf"
        internal = "dovecot" if root else me.pw_name
        null = "dovenull" if root else me.pw_name
        tls = f"ssl = yes\nssl_cert = <{self.certificate}\nssl_key = <{self.key}" if self.certificate else "ssl = no"
        self.config.write_text(
            f"""
base_dir = {self.folder}/run
state_dir = {self.folder}/state
log_path = {self.folder}/log
protocols = imap
{tls}
disable_plaintext_auth = no
listen = 127.0.0.1
default_internal_user = {internal}
default_internal_group = {internal if root else group}
default_login_user = {null}
first_valid_uid = 1
mail_uid = {self.user}
mail_gid = {group}
mail_location = maildir:{self.mail}
mail_fsync = never
auth_failure_delay = 0
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {self.port}
  }}
  inet_listener imaps {{
    port = {self.tls_port if self.certificate else 0}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
passdb {{
  driver = passwd-file
  args = scheme=plain {self.folder}/users
}}
userdb {{
  driver = static
  args = uid={self.user} gid={group} home={self.mail}
}}
""",
            encoding="utf-8",
        )
        (self.folder / "users").write_text(f"{USER}:{{PLAIN}}{PASSWORD}::::::\n", encoding="utf-8")
        if root:
            shutil.chown(self.mail, self.user, group)

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", str(self.config)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        wait_for(self.port)
        until = time.monotonic() + WAIT
        while time.monotonic() < until:  # it listens before it can look up who logs in
            with suppress(MailboxLoginError), self.box():
                return
            time.sleep(0.05)
        raise TimeoutError("nobody can log in")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(WAIT)

    @contextmanager
    def box(self, folder: str = "INBOX") -> Iterator[MailBoxUnencrypted]:
        """The mailbox as a person's own program opens it."""
        box = MailBoxUnencrypted("127.0.0.1", self.port, 20)
        try:
            box.login_utf8(USER, PASSWORD, initial_folder=folder)
            yield box
        finally:
            box.logout()

    def put(self, *messages: str | bytes, folder: str = "INBOX") -> None:
        with self.box() as box:
            for one in messages:
                raw = one.encode("utf-8", "surrogateescape") if isinstance(one, str) else one
                box.append(raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"), folder)


@contextmanager
def own_folder() -> Iterator[Path]:
    """A folder that servers may enter who are not we: pytest keeps its own to itself."""
    with TemporaryDirectory(prefix="perthyn-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@contextmanager
def dovecot(certificate: Path | None = None, key: Path | None = None) -> Iterator[Dovecot]:
    with own_folder() as folder:
        server = Dovecot(folder, certificate=certificate, key=key)
        server.start()
        try:
            yield server
        finally:
            server.stop()


_SERVICES = """
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """An SMTP server that delivers to local mailboxes only, and says at once what it can't."""

    folder: Path
    maildir: Path
    owner: str
    local: Sequence[str] = ("castell",)
    port: int = field(default_factory=free_port)

    def __post_init__(self) -> None:
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(parents=True)
        who = pwd.getpwnam(self.owner)
        boxes = ", ".join(f"{{ {name}@castell.example = {self.maildir.name}/ }}" for name in self.local)
        shutil.chown(self.folder / "data", "postfix")
        (self.folder / "etc" / "main.cf").write_text(
            f"""
compatibility_level = 3.6
queue_directory = {self.folder}/queue
data_directory = {self.folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.castell.example
mydestination =
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions = permit_mynetworks, reject
smtpd_reject_unlisted_recipient = no
recipient_delimiter = +
virtual_mailbox_domains = castell.example, cartref.example
virtual_mailbox_base = {self.maildir.parent}
virtual_mailbox_maps = inline:{{ {boxes} }}
virtual_uid_maps = static:{who.pw_uid}
virtual_gid_maps = static:{who.pw_gid}
virtual_minimum_uid = 1
default_transport = error:5.1.2 no mail leaves this test
maillog_file = {self.folder}/log
maillog_file_prefixes = {self.folder}
alternate_config_directories = {self.folder}/etc
""",
            encoding="utf-8",
        )
        lines = [f"127.0.0.1:{self.port} inet n - n - - smtpd", *(line for line in _SERVICES.strip().splitlines())]
        (self.folder / "etc" / "master.cf").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def run(self, *command: str) -> None:
        done = subprocess.run(
            ["/usr/sbin/postfix", "-c", str(self.folder / "etc"), *command],
            capture_output=True,
            timeout=60,
            check=False,
        )
        if done.returncode:
            log = self.folder / "log"
            raise RuntimeError(done.stderr.decode() + (log.read_text(encoding="utf-8") if log.exists() else ""))


@contextmanager
def postfix(maildir: Path, owner: str) -> Iterator[Postfix]:
    with own_folder() as folder:
        server = Postfix(folder, maildir, owner)
        server.run("start")
        try:
            wait_for(server.port)
            yield server
        finally:
            server.run("stop")
