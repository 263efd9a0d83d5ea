"""Builds the wheel and tries it in an empty environment, as `pip install watchbill` would be."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="watchbill-wheel-") as scratch:
        folder = Path(scratch)
        run([sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder / "dist", ROOT])
        (wheel,) = (folder / "dist").glob("*.whl")
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", ROOT / "requirements.lock"])
        run([python, "-m", "pip", "install", "-q", "--no-deps", wheel])
        run([python, "-m", "pip", "check"])
        command = folder / "env" / "bin" / "watchbill"
        example = run(
            [python, "-c", "import watchbill.config, pathlib; print(pathlib.Path(watchbill.config.__file__).parent / 'two-desks.yaml')"]
        )
        environment = {
            name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PYTHONPATH", "WATCHBILL_AS_OWNER")
        }
        run([command, "--data", folder / "data", "apply", example.strip(), "--yes"], env=environment)
        who = run([command, "--data", folder / "data", "who", "Security Responder"], env=environment)
        print(f"{wheel.name} works in an empty environment: {wheel.stat().st_size // 1024} KB; {who.strip().splitlines()[-1]}")
    return 0


def run(command: list[object], env: dict[str, str] | None = None) -> str:
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False, cwd=tempfile.gettempdir(), env=env)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
