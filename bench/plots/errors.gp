# SPDX-License-Identifier: MIT
# How exact Weir's fastest kernel is with weights of each type, against the time it takes, and so the fastest of its
# peers: a panel a shape, all of the same height. weir-bench hands this to gnuplot behind
#     $errors               a data set a shape, a row a type: type, us a call, error against float64, whether it is a peer
#     shapes, types         their names
#     peers                 whether there are any
#     circumstances         what to say below the title
across = words(shapes) < 4 ? words(shapes) : 4
down = (words(shapes) + across - 1) / across
wide = 80 + 250 * across
head = 90.0
panel = 170.0
high = head + panel * down
set terminal svg size wide, high font "sans-serif,12" background "white"
array colours[4] = ["#2b6cb0", "#dd6b20", "#38a169", "#805ad5"]
array filled[4] = [7, 5, 9, 11]
array hollow[4] = [6, 4, 8, 10]
set multiplot
# The legend: a plot of nothing else.
set label 1 "Error and time of a call by type of weights, one core" at screen 0.5, screen 1 - 18 / high center font ",14"
set label 2 circumstances.(peers ? "; hollow: the fastest peer" : "") at screen 0.5, screen 1 - 38 / high center noenhanced
set key at screen 0.5, screen 1 - 58 / high center horizontal noenhanced
set margins screen 0, screen 1, screen 0, screen 1
unset border
unset tics
plot [0:1] [0:1] for [i = 1:words(types)] NaN with points pt filled[i] ps 0.9 lc rgb colours[i] title word(types, i)
unset label
unset key
set border
set logscale xy
set format x "10^{%L}"
set grid lt 1 lc rgb "#e8e8e8"
set yrange [1e-8:1]
set ytics 100
set mytics 1
set offsets graph 0.15, graph 0.15, 0, 0
is(i, peer) = strcol(1) eq word(types, i) && $4 == peer
do for [n = 1:words(shapes)] {
    place = (n - 1) % across
    top = 1 - (head + 20 + panel * ((n - 1) / across)) / high
    left = (80 + 250.0 * place) / wide
    set margins screen left, screen left + 225.0 / wide, screen top - (panel - 65) / high, screen top
    set title word(shapes, n) noenhanced offset 0, -0.7
    set xlabel (n > words(shapes) - across ? "us a call" : "") offset 0, 0.6
    set ylabel (place == 0 ? "|y - y in float64|" : "") offset 0.5, 0
    set format y (place == 0 ? "10^{%L}" : "")
    set autoscale x
    set xtics autofreq
    plot for [i = 1:words(types)] $errors index n - 1 using (is(i, 0) ? $2 : NaN):3 \
             with points pt filled[i] ps 0.9 lc rgb colours[i], \
         for [i = 1:words(types)] $errors index n - 1 using (is(i, 1) ? $2 : NaN):3 \
             with points pt hollow[i] ps 0.9 lc rgb colours[i]
}
unset multiplot
