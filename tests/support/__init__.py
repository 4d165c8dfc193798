"""What tests share: languages to build captures and to script calls."""
