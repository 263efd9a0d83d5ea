from watchbill.main.cli import run

run()
