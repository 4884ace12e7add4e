"""The root file system of a slot: a squashfs with its dm-verity hash tree behind it, in one file that fills one partition."""

import os
import re
import shutil
import subprocess
import uuid

from .digest import sha256

BLOCK = 4096


# Not a namedtuple: bitbake reads the source of everything in a module, and a namedtuple's cannot be found.
class Verity:
    """root_hash is hexadecimal; hash_offset is where the tree's superblock starts, in bytes."""

    def __init__(self, root_hash, hash_offset):
        self.root_hash = root_hash
        self.hash_offset = hash_offset


def append_tree(squashfs, root_image):
    """Copies squashfs to root_image and appends the hash tree; returns a Verity.

    Salt and UUID come from the contents, so that the same squashfs always gives the same file. Raises CalledProcessError when
    veritysetup (cryptsetup) fails, ValueError when its answer has no root hash.
    """
    digest = sha256(squashfs)
    shutil.copyfile(squashfs, root_image)
    size = os.path.getsize(root_image)
    hash_offset = -(-size // BLOCK) * BLOCK
    os.truncate(root_image, hash_offset)
    answer = subprocess.run(
        ["veritysetup", "format", "--format=1", "--hash=sha256", f"--salt={digest}", f"--uuid={uuid.uuid5(uuid.NAMESPACE_OID, digest)}",
         f"--data-block-size={BLOCK}", f"--hash-block-size={BLOCK}", f"--data-blocks={hash_offset // BLOCK}",
         f"--hash-offset={hash_offset}", root_image, root_image],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    found = re.search(r"^Root hash:\s+([0-9a-f]{64})$", answer, re.MULTILINE)
    if not found:
        raise ValueError("veritysetup told no root hash: " + answer)
    return Verity(found.group(1), hash_offset)
