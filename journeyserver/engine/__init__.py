"""The aggregate engine, and the engines below it that hold the data. No Django inside; `answering.answer` is the way in."""
