"""Objects of Argo CD and Flux that a chart or an overlay of this repository makes: found without any engine.

Whoever looks for stacks reads files only, and has to come to the same ones in every job. So what makes such objects is
rendered here, within limits, as far as it is understood; what is not is told. A plan, which has the engines, compares.
"""
