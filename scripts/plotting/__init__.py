"""The pictures of a sweep: `record` reads results.db, `style` fixes how pictures look, the rest draw one kind each."""
