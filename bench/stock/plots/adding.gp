# SPDX-License-Identifier: MIT
# The adding problem: the validation's loss, step by step. weir-stock hands this to gnuplot behind
#     data                  a CSV: cell,epoch,step,loss,accuracy,val_loss,val_accuracy
#     cells, units, T       their names; of how many units; the length of an addition
#     baseline              the loss of always saying 1
# and a terminal.
set datafile separator ","
set style data linespoints
set grid lt 1 lc rgb "#e8e8e8"
set title sprintf("The adding problem, T = %d, %d units", T, units)
set xlabel "steps of training"
set ylabel "mean squared error, validation"
set logscale y
set format y "%g"
set yrange [0.001:2]
array colours[16] = ["#2b6cb0", "#dd6b20", "#38a169", "#805ad5", "#d53f8c", "#00a3a3", "#718096", \
    "#b7791f", "#e53e3e", "#1a365d", "#7b341e", "#22543d", "#44337a", "#97266d", "#234e52", "#2d3748"]
of(n, column) = strcol(1) eq word(cells, n) ? column : NaN
set key outside right noenhanced
set arrow from graph 0, first baseline to graph 1, first baseline nohead lc rgb "#444444" lw 1.5 dt 4
set label sprintf("always saying 1: %.3f", baseline) at graph 0.99, first baseline right \
    offset 0, -0.7 font ",11" tc rgb "#444444"
set arrow from graph 0, first 0.01 to graph 1, first 0.01 nohead lc rgb "#a0aec0" lw 1 dt 3
set label "solved: 0.01" at graph 0.01, first 0.01 left offset 0, -0.7 font ",11" tc rgb "#718096"
plot for [n = 1:words(cells)] data using (of(n, $3)):6 pt 7 ps 0.5 lw 2 lc rgb colours[n] \
     title word(cells, n)
