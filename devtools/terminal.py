"""What `./dev run` shows of the server's log: what went wrong, and nothing else."""

import threading


class Follower:
    """Prints the records of a growing log file that a function finds worth it."""

    def __init__(self, path, worth, pause=0.3):
        """Follow a log.

        :param Path path: the log, which need not exist yet
        :param worth: function that makes, from a piece of the log, a list of texts to print
        :param float pause: seconds between two looks
        """
        self.path, self.worth, self.pause = path, worth, pause
        self.position, self.held = 0, ""
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_error):
        self.ended.set()
        self.thread.join()
        self.look()
        self.show(self.held)

    def run(self):
        """Look for new records until the end."""
        while not self.ended.wait(self.pause):
            self.look()

    def look(self):
        """Show what is complete: all if nothing was added, else all but the last record, which may still grow."""
        added = self.read()
        self.held += added
        last = self.held.rfind("\n", 0, -1) + 1 if added else len(self.held)
        while added and last and self.held[last : last + 2] != "20":  # a record begins with its date
            last = self.held.rfind("\n", 0, last - 1) + 1
        complete, self.held = self.held[:last], self.held[last:]
        self.show(complete)

    def read(self):
        """Return what was added to the log since the last time."""
        try:
            with self.path.open("rb") as log:
                log.seek(self.position)
                added = log.read()
        except OSError:
            return ""
        self.position += len(added)
        return added.decode(errors="replace")

    def show(self, text):
        """Print what is worth it."""
        for part in self.worth(text) if text else ():
            print(part, flush=True)
