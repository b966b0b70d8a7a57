import typer

from tests.fuzz.fuzzer import main

if __name__ == "__main__":
    typer.run(main)
