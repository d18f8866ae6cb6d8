# SPDX-License-Identifier: MIT
# How exact Weir's fastest kernel is with weights of each type, against the time it takes. weir-bench hands this
# to gnuplot behind
#     $errors               a block a shape, a row a type: type, us a call, error against float64, shape
#     types                 their names
#     any                   whether there is any row
#     circumstances         what to say below the title
set terminal svg size 1100,540 font "sans-serif,13" background "white"
set title "Weir's fastest kernel by type of weights, one core\n".circumstances noenhanced
set logscale xy
set xlabel "us a call"
set ylabel "largest |y - y in float64|"
set format y "10^{%L}"
set grid lt 1 lc rgb "#e8e8e8"
set key outside right noenhanced
array colours[4] = ["#2b6cb0", "#dd6b20", "#38a169", "#805ad5"]
array symbols[4] = [7, 5, 9, 11]
if (!any) set xrange [1:10]; set yrange [1e-8:1]
# A shape is named where its line of types begins.
plot $errors using 2:3 with lines lc rgb "#a0aec0" lw 0.5 notitle, \
     for [i = 1:words(types)] $errors using (strcol(1) eq word(types, i) ? $2 : NaN):3 \
         with points pt symbols[i] ps 0.9 lc rgb colours[i] title word(types, i), \
     $errors using 2:3:4 every ::0::0 with labels left offset 0.7, 0.4 font ",11" noenhanced notitle
