"""The form of exported evidence (docs/evidence.md): names, limits, what is signed. No database."""

import re

FORMAT, VERSION = "exam-evidence", 1
DOMAIN = "exam-evidence-manifest-v1"
README, LOG, CHECKPOINTS = "readme.txt", "log.jsonl", "checkpoints.jsonl"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
NEEDED = (README, LOG, CHECKPOINTS, MANIFEST, SIGNATURE)
FRAME, CHECK_IN, ERASED = "frame", "check-in", "pictures.erased"
PICTURE = re.compile(r"pictures/([0-9a-f]{64})\.(?:jpg|png)")
TABLE = re.compile(r"tables/[a-z-]{1,30}\.jsonl")
MOST_MANIFEST = 32 * 1024 * 1024
"""Bytes: sixty thousand members of about 300."""
MOST_LINE = 4 * 1024 * 1024
"""Bytes of a line: an essay as long as a request may be, twice escaped."""
MOST_LINKS = 1_000_000


def signed(manifest_sha256: str) -> bytes:
    """What the signature of an export covers: the domain and the manifest's SHA-256, which covers all the rest."""
    return f"{DOMAIN}\n{manifest_sha256}".encode()


TEXT = """\
考试证据文件（机密）

本文件是一次考试的全部记录：日志（含作答内容）、画面、监考记录、处理决定、消息和时间调整。
它含有考生的个人信息和面部照片，只能交给处理争议的人，用完删除。

log.jsonl           日志，每行一条，每条含前一条的哈希：任何改动、缺失、换序都能查出
checkpoints.jsonl   日志当时状态的签名（Ed25519），密钥不在数据库里
pictures/           画面，文件名就是内容的 SHA-256
tables/             监考记录、决定、消息等
manifest.json       文件清单和说明；manifest.sig 是对它的签名

核对（不需要数据库，也不需要联网）：

    exam evidence verify 文件.zip --key 公钥文件

公钥请从考试机构另行取得（网站的 /evidence/key），不要只用本文件里的。


Evidence of an exam (confidential)

This file holds the whole record of one sitting: the log (with the answers), pictures, what was noticed, what was
decided, messages and adjustments of time. It contains personal data and pictures of a face: give it only to those who
settle the dispute, and delete it afterwards.

log.jsonl           the log, a link a line, each with the hash of the one before: a change, a loss, a reordering shows
checkpoints.jsonl   signatures (Ed25519) over the log as it was then; the key lies outside the database
pictures/           pictures, named by the SHA-256 of their content
tables/             incidents, decisions, messages and so on
manifest.json       what the file holds; manifest.sig is the signature over it

To verify it, without a database and without a network:

    exam evidence verify FILE.zip --key PUBLIC-KEY-FILE

Get the public key from the institution by another way (/evidence/key of its site), not only from this file.
"""
