# Draws man/figures/quakes.png: the magnitudes of `quakes`, smoothed on a grid.
#   Rscript tools/figure-quakes.R

library(rkeops)

smooth <- keops_kernel(
  "Sum_Reduction(Exp(-s * SqDist(x, y)) * b, 0)",
  c("x = Vi(2)", "y = Vj(2)", "b = Vj(2)", "s = Pm(1)")
)

long <- seq(164.5, 189.5, length.out = 300)
lat <- seq(-39.5, -9.5, length.out = 360)
grid <- as.matrix(expand.grid(long, lat))
sums <- smooth(grid, as.matrix(quakes[c("long", "lat")]),
               cbind(quakes$mag, 1), 1 / (2 * 0.8^2))
magnitude <- matrix(sums[, 1] / sums[, 2], length(long))
magnitude[sums[, 2] < 0.3] <- NA

png("man/figures/quakes.png", width = 640, height = 560, res = 96)
par(mar = c(4, 4, 2.5, 1), las = 1)
colours <- hcl.colors(24, "YlOrRd", rev = TRUE)
image(long, lat, magnitude, col = colours, asp = 1.1, xlab = "longitude",
      ylab = "latitude", main = "Earthquakes near Fiji: smoothed magnitude")
points(quakes$long, quakes$lat, pch = 16, cex = 0.25, col = "#00000060")
contour(long, lat, magnitude, add = TRUE, col = "grey25", lwd = 0.7)
invisible(dev.off())
