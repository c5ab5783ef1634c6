"""The file of a backup: what is written is read back, and whatever happens to it is noticed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perthyn.backups.files import replacing
from perthyn.backups.keys import Key, made_key
from perthyn.backups.reading import Backup, look_into
from perthyn.backups.seal import SEAL, Damaged, Unsealing, seal, squeezed
from perthyn.backups.sealed import decrypt, encrypt
from perthyn.contents import Fence
from perthyn.crm import Crm
from perthyn.errors import PerthynError
from perthyn.model import CORE_TYPES, Contact
from perthyn.moving import compare, transfer
from perthyn.testing import MemoryStore
from perthyn_sql import open_store

from .conftest import NOON

KNOWN = {one.type_name: one for one in CORE_TYPES}


def made(crm: Crm, file: Path, *keys: Key) -> Path:
    crm.backup(file, [one.public for one in keys], keys)
    return file


@pytest.mark.parametrize("encrypted", [True, False])
def test_what_is_in_it_is_what_the_store_holds(crm: Crm, tmp_path: Path, key: Key, encrypted: bool) -> None:
    keys = [key] if encrypted else []
    with crm.store.contents() as before:
        position = before.position
    file = tmp_path / "b.age"
    done = crm.backup(file, [one.public for one in keys], keys)
    assert done.inside is not None and done.inside.encrypted is encrypted and done.inside.mark
    assert b"Llan" not in file.read_bytes() and b"sian" not in file.read_bytes()
    backup = Backup(file, keys, KNOWN)
    store = open_store(f"sqlite:///{(tmp_path / 'b.sqlite').as_posix()}", CORE_TYPES)
    filling = store.filling(Fence("filling", "b", "gwen", NOON, "m"), backup.types)
    assert transfer(backup, filling) == {name: one for name, one in backup.sums.items() if one.count}
    with store.contents() as there:
        assert compare(backup, there).same
        assert there.position == done.head.position == position + 1  # the key to the list of addresses was made first
    store.close()


def test_others_can_open_it_without_perthyn(crm: Crm, tmp_path: Path, key: Key) -> None:
    file = made(crm, tmp_path / "b.age", key)
    lines = gzip.decompress(pyrage.decrypt(file.read_bytes(), [key.identity])).splitlines()
    head, last = json.loads(lines[0]), json.loads(lines[-1])
    assert head["settings"]["organisation"] == "Plas Brithwen" and head["sections"]["contact"] == 12
    assert list(last) == ["sha256"]


def test_a_filling_goes_on_from_any_place(crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perthyn.backups.reading.AT_ONCE", 5)
    backup = Backup(made(crm, tmp_path / "b.gz"), [], KNOWN)
    whole = list(backup.chunks())
    for number, chunk in enumerate(whole):
        assert list(backup.chunks(chunk.place)) == whole[number + 1 :]
    contacts = [one.record for chunk in backup.section("contact") for one in chunk.items]
    assert [one.id for one in contacts] == sorted(one.id for one in crm.store.scan(Contact))
    other = MemoryStore()
    filling = other.filling(Fence("filling", "b", "gwen", NOON, "m"), backup.types)
    for chunk in whole[:4]:
        filling.put(chunk)
    transfer(backup, other.filling(Fence("filling", "b", "gwen", NOON, "m"), backup.types))
    with other.contents() as there:
        assert compare(backup, there).same


@pytest.mark.parametrize("encrypted", [True, False])
def test_every_flipped_bit_and_every_cut_is_found(crm: Crm, tmp_path: Path, key: Key, encrypted: bool) -> None:
    whole = made(crm, tmp_path / "b.age", *([key] if encrypted else [])).read_bytes()
    hurt, draw = tmp_path / "hurt.age", Random(3)
    flips = [draw.randrange(len(whole) * 8) for _ in range(60)]
    edges = [*range(0, 80 * 8, 7), *range((len(whole) - SEAL) * 8, len(whole) * 8, 11)]  # where gzip is forgetful
    for bit in [*flips, *edges]:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        refused(hurt, bytes(damaged), key)
    for size in [0, 1, len(whole) - 1, len(whole) - SEAL, *(draw.randrange(len(whole)) for _ in range(20))]:
        refused(hurt, whole[:size], key)
    refused(hurt, whole + b"\n", key)
    refused(hurt, whole + whole, key)


def refused(file: Path, content: bytes, key: Key) -> None:
    file.write_bytes(content)
    with pytest.raises(PerthynError) as told:
        look_into(file, [key], KNOWN)
    assert told.value.code in ("backup.damaged", "backup.foreign", "backup.key.wrong")
    assert told.value.facts["file"] == str(file)


# --- made by somebody who knows the format -----------------------------------------------------------------


def forged(file: Path, lines: Sequence[bytes]) -> Path:
    file.write_bytes(b"".join(squeezed(lines)))
    return file


def lines_of(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).splitlines()[:-1]


def test_a_changed_record_under_a_new_seal_is_found_by_the_sums(crm: Crm, tmp_path: Path) -> None:
    lines = lines_of(made(crm, tmp_path / "b.gz"))
    at = next(number for number, line in enumerate(lines) if "Llŷr".encode() in line and number)
    forged(tmp_path / "f.gz", [*lines[:at], lines[at].replace(b"Llan", b"Lann"), *lines[at + 1 :]])
    with pytest.raises(PerthynError, match=r"backup\.damaged"):
        look_into(tmp_path / "f.gz", [], KNOWN)


@pytest.mark.parametrize(
    "change",
    [
        {"types": {"x; DROP TABLE contact": {"owner": "", "fields": {}, "lists": {}}}},
        {"types": {"x": {"owner": "", "fields": {"a b": {}}, "lists": {}}}},
        {"types": {"x": {}}},
        {"sections": {"../../etc/passwd": 1}},
        {"types": []},
        {"made": "yesterday"},
        {"format": "one"},
    ],
)
def test_a_strange_head_is_refused(crm: Crm, tmp_path: Path, change: dict[str, Any]) -> None:
    head, *lines = lines_of(made(crm, tmp_path / "b.gz"))
    said = json.loads(head)
    for name, value in change.items():
        said[name] = {**said[name], **value} if isinstance(value, dict) else value
    if "x" in said["types"]:
        said["sections"] = {"batches": 0, **{name: 0 for name in said["types"]}, "journal": 0}
    forged(tmp_path / "f.gz", [json.dumps(said).encode(), *lines])
    with pytest.raises(PerthynError, match=r"backup\.foreign"):
        Backup(tmp_path / "f.gz", [], KNOWN)


def test_newer_formats_and_newer_records_are_refused_in_plain_words(crm: Crm, tmp_path: Path) -> None:
    head, *lines = lines_of(made(crm, tmp_path / "b.gz"))
    said = json.loads(head)
    forged(tmp_path / "f.gz", [json.dumps({**said, "format": 99}).encode(), *lines])
    with pytest.raises(PerthynError, match=r"backup\.newer"):
        Backup(tmp_path / "f.gz", [], KNOWN)
    said["types"]["contact"]["version"] = 99
    forged(tmp_path / "f.gz", [json.dumps(said).encode(), *lines])
    with pytest.raises(PerthynError, match=r"backup\.type\.newer"):
        Backup(tmp_path / "f.gz", [], KNOWN)


def test_a_bomb_is_refused_before_it_fills_the_memory() -> None:
    bomb = squeezed(b"0" * (1 << 20) for _ in range(1))
    lines = Unsealing(list(bomb), longest=1000).lines()
    with pytest.raises(Damaged):
        list(lines)


def test_a_type_whose_plugin_is_not_there_is_carried(crm: Crm, tmp_path: Path) -> None:
    file = made(crm, tmp_path / "b.gz")
    known = {name: one for name, one in KNOWN.items() if name != "consent"}
    backup = Backup(file, [], known)
    consents = [one.record for chunk in backup.section("consent") for one in chunk.items]
    assert [one.decision for one in consents] == ["given"]  # type: ignore[attr-defined]
    assert look_into(file, [], known).sums["consent"].count == 1


# --- the parts ----------------------------------------------------------------------------------------------


@given(st.lists(st.binary(max_size=50).map(lambda line: line.replace(b"\n", b"")), min_size=1), st.integers(1, 400))
def test_lines_are_squeezed_and_come_back(lines: list[bytes], size: int) -> None:
    whole = b"".join(squeezed(lines))
    blocks = [whole[at : at + size] for at in range(0, len(whole), size)]
    assert list(Unsealing(blocks, 1 << 20).lines()) == lines
    assert gzip.decompress(whole).startswith(b"\n".join(lines))
    assert len(seal("f" * 64)) == SEAL


@given(st.lists(st.binary(max_size=100_000), max_size=8))
def test_blocks_are_encrypted_and_come_back(blocks: list[bytes]) -> None:
    import io

    key, out = made_key(), io.BytesIO()
    encrypt(blocks, out.write, [key.identity.to_public()])
    assert b"".join(decrypt(io.BytesIO(out.getvalue()), [key.identity], "b")) == b"".join(blocks)


def test_what_breaks_while_encrypting_is_said_as_it_is(key: Key) -> None:
    def broken() -> Iterator[bytes]:
        yield b"some"
        raise PerthynError("store.damaged", path="a.db")

    with pytest.raises(PerthynError, match=r"store\.damaged"):
        encrypt(broken(), lambda block: None, [key.identity.to_public()])

    def full(block: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        encrypt([b"some"] * 9, full, [key.identity.to_public()])


def test_a_reader_who_leaves_early_leaves_no_thread(crm: Crm, tmp_path: Path, key: Key) -> None:
    import threading

    backup = Backup(made(crm, tmp_path / "b.age", key), [key], KNOWN)
    next(backup.chunks())
    assert not [one for one in threading.enumerate() if one.name == "decrypting"]


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    file = tmp_path / "b.age"
    file.write_bytes(b"good")
    with pytest.raises(PerthynError) as told, replacing(file) as (_, out):
        out.write(b"half")
        raise OSError(28, "No space left on device")
    assert told.value.code == "backup.unwritable"
    assert file.read_bytes() == b"good" and list(tmp_path.iterdir()) == [file]


def test_one_that_cannot_be_restored_is_not_kept(crm: Crm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = made(crm, tmp_path / "b.gz")
    before = file.read_bytes()
    with pytest.raises(PerthynError, match=r"backup\.exists"):
        made(crm, file)
    monkeypatch.setattr("perthyn.backups.writing.canonicals", lambda items: [b"{}" for _ in items])
    with pytest.raises(PerthynError, match=r"backup\.damaged"):
        crm.backup(file, [], [], over=True)
    assert file.read_bytes() == before and not list(tmp_path.glob("*.unfinished"))


def test_without_the_secret_key_it_is_made_all_the_same(crm: Crm, tmp_path: Path, key: Key) -> None:
    done = crm.backup(tmp_path / "b.age", [key.public], [made_key()])
    assert done.inside is None
    assert look_into(tmp_path / "b.age", [made_key(), key], KNOWN).head == done.head
    with pytest.raises(PerthynError, match=r"backup\.key\.wrong"):
        look_into(tmp_path / "b.age", [made_key()], KNOWN)
    with pytest.raises(PerthynError, match=r"backup\.key\.missing"):
        look_into(tmp_path / "b.age", [], KNOWN)
    with pytest.raises(PerthynError, match=r"backup\.recipient"):
        crm.backup(tmp_path / "c.age", ["age1nobody"], [])
