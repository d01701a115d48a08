# Draws man/figures/quakes.png: depths of the earthquakes of `quakes`, by
# kriging.
#   Rscript tools/figure-quakes.R

library(rkeops)

fit <- gaussian_process(depth ~ long + lat, quakes)
png("man/figures/quakes.png", width = 600, height = 560, res = 96)
par(mar = c(4, 4, 2.5, 1), las = 1)
plot(
  fit, n = 120, col = hcl.colors(24, "Blues 3"),
  main = "Earthquakes near Fiji: depth in km, by kriging"
)
invisible(dev.off())
