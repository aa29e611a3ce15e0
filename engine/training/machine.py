"""What this machine has for a training, found out without loading a framework."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import sys
from pathlib import Path

BFLOAT16 = {"avx512_bf16", "amx_bf16", "bf16"}
"""What processors of x86 and ARM call their units for it."""

CPUINFO = Path("/proc/cpuinfo")


def has_compiler(device: str) -> bool:
    """Whether what torch generates for `device` can be compiled: by Triton for CUDA, else by a C++ compiler."""
    if device.startswith("cuda"):
        return importlib.util.find_spec("triton") is not None
    usual = "clang++" if sys.platform == "darwin" else "g++"
    return device in ("", "cpu") and shutil.which(os.environ.get("CXX", usual)) is not None


def has_bfloat16(device: str) -> bool:
    """Whether `device` has units for bfloat16. Of a GPU, or where one may be meant, only trying can tell."""
    if device not in ("", "cpu"):
        return True
    told = CPUINFO.read_text(encoding="utf-8", errors="replace") if CPUINFO.exists() else ""
    flags = re.findall(r"^(?:flags|Features)\s*:(.*)$", told, re.MULTILINE)
    return any(BFLOAT16 & set(line.split()) for line in flags)
