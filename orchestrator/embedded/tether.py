"""Run a command that does not outlive the process which started it: `python tether.py PARENT SIGNAL COMMAND...`.

A script of its own with nothing but the standard library, because it becomes the command: no `preexec_fn`, which is
not safe beside Temporal's and uvicorn's threads.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(parent: int, signal: int, command: list[str]) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0)
        # Set after the parent had died, the signal would never come.
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(command[0], command)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
