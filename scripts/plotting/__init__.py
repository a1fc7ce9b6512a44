"""The pictures of a sweep.

`record` and `training` read what runner wrote and make a `sweep` of it; `best` says which setting is best; `page`,
`style` and `ticks` fix how pictures look; `curves`, `best_curves`, `rungs`, `outcomes`, `trends`, `heatmap` (`cells`,
`tiles`, `points`) draw one kind of picture each.
"""
