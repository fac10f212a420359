"""Runs a command on a terminal of its own and passes on what it showed there.

    python terminal.py SECONDS COMMAND...

Ends as the command does, or with 124 when it has not ended in that many seconds.
"""

import os
import pty
import select
import signal
import sys
import time

deadline = time.monotonic() + float(sys.argv[1])
child, terminal = pty.fork()
if child == 0:
    os.environ["TERM"] = "xterm"
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while time.monotonic() < deadline:
    if not select.select([terminal], [], [], 0.1)[0]:
        continue
    try:
        read = os.read(terminal, 65536)
    except OSError:  # Linux says so when the other end is closed.
        read = b""
    if not read:
        break
    shown += read
else:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    sys.stdout.buffer.write(shown)
    sys.exit(124)
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
