"""Words: records, changes and answers as every face says them."""
