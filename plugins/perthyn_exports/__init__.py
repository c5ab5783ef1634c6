"""Known exports: files of tills, mailers and donation pages recognised without a map."""
