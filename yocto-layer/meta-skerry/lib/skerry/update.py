"""The OS update file, skerry-BOARD-VERSION.os.tar: what a device writes to its idle slot.

Members, in this order: manifest.json, manifest.sig (Ed25519 over manifest.json, base64), then on EFI boards linux and initrd, on
Raspberry Pis boot.tar (the files of a boot partition), then root.img.
"""

import base64
import io
import json
import os
import subprocess
import tarfile
import tempfile

from .digest import sha256

SCHEMA = 1


def write(path, key, board, version, build_date, verity, kernel_arguments, files):
    """Writes the update file to path, under a temporary name first.

    key is a PEM file with an Ed25519 private key, build_date is RFC 3339, kernel_arguments are the board's own, files are pairs of a member's name and the path of its
    contents, in the order of the members. Needs openssl 3.
    """
    manifest = json.dumps({
        "schema": SCHEMA,
        "board": board,
        "version": version,
        "buildDate": build_date,
        "verityRootHash": verity.root_hash,
        "verityHashOffset": verity.hash_offset,
        "kernelArguments": list(kernel_arguments),
        "files": {name: {"sha256": sha256(source), "size": os.path.getsize(source)} for name, source in files},
    }, indent=2).encode() + b"\n"
    beside = path + ".new"
    with tarfile.open(beside, "w", format=tarfile.USTAR_FORMAT) as tar:
        _add(tar, "manifest.json", io.BytesIO(manifest), len(manifest))
        signature = base64.b64encode(sign(key, manifest)) + b"\n"
        _add(tar, "manifest.sig", io.BytesIO(signature), len(signature))
        for name, source in files:
            with open(source, "rb") as contents:
                _add(tar, name, contents, os.path.getsize(source))
    os.replace(beside, path)


def boot_tar(path, tree):
    """Writes the files of the folder tree, sorted and without times or owners, to the tar at path."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        names = sorted(os.path.relpath(os.path.join(folder, name), tree) for folder, _, files in os.walk(tree) for name in files)
        for name in names:
            source = os.path.join(tree, name)
            with open(source, "rb") as contents:
                _add(tar, name, contents, os.path.getsize(source))


def sign(key, message):
    """The 64 bytes of the Ed25519 signature (RFC 8032) over message by the private key in the PEM file key."""
    # openssl reads Ed25519's message from a file of known size only, not from a pipe.
    with tempfile.NamedTemporaryFile() as file:
        file.write(message)
        file.flush()
        signature = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", file.name],
                                   check=True, stdout=subprocess.PIPE).stdout
    if len(signature) != 64:
        raise ValueError(f"{key}: not an Ed25519 private key: its signature has {len(signature)} bytes, not 64")
    return signature


def is_trusted(key, public_keys):
    """Whether one of the PEM files public_keys holds the public half of the private key in the PEM file key."""
    def raw(*options):
        return subprocess.run(["openssl", "pkey", *options, "-pubout", "-outform", "DER"], check=True, stdout=subprocess.PIPE).stdout
    return raw("-in", key) in [raw("-pubin", "-in", public) for public in public_keys]


def _add(tar, name, contents, size):
    member = tarfile.TarInfo(name)
    member.size = size
    member.mode = 0o644
    tar.addfile(member, contents)
