import hashlib


def sha256(path):
    """SHA-256 of a file, hexadecimal. (hashlib.file_digest needs a newer Python than bitbake does.)"""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()
